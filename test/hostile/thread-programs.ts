// Guests that use their threads against the runtime, or against themselves, as data: what they are given and what must come out, wherever they run.
import { expect } from 'vitest';
import { threaded } from '../threads/guest-text.js';
import type { GuestOptions, Outcome } from '../threads/places.js';

export interface HostileProgram {
  readonly name: string;
  readonly text: string;
  readonly options?: GuestOptions;
  /** A function and its arguments; absent: the program's main. */
  readonly calls?: readonly (readonly [name: string, ...values: number[]])[];
  /** Why it is not run where each thread has a worker. */
  readonly notInWorkers?: string;
  /** Checks what the last call came to. */
  check(outcome: Outcome, parallel: boolean): void;
}

export const WAIT_FOREVER = '(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))';

/** What a trap or a limit says of itself. */
function failure({ end }: Outcome): readonly unknown[] {
  const { id, thread } = end as { readonly id?: string; readonly thread?: number };
  return [id, thread];
}

export const HOSTILE_PROGRAMS: readonly HostileProgram[] = [
  {
    name: 'a spawn bomb: each thread starts two, up to the limit, until the fuel ends',
    text: threaded(`
      (func $bomb (loop $again
        (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (br $again)))
      (func (export "wasi_thread_start") (param i32 i32) (call $bomb))
      (func (export "_start") (call $bomb))`),
    options: { limits: { fuel: 20_000, threads: 8 }, maxThreadNum: 8 },
    check: (outcome) => {
      expect(failure(outcome)[0]).toBe('fuel');
      expect(outcome.usage).toMatchObject({ fuel: 20_000, peakThreads: 9 });
    },
  },
  {
    name: 'a spawn bomb of threads that end: numbers are given again, memory stays flat',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32 i32))
      (func (export "run") (param $n i32) (result i32) (local $most i32) (local $id i32)
        (loop $again
          (local.set $id (call $spawn (i32.const 0)))
          (if (i32.gt_s (local.get $id) (local.get $most)) (then (local.set $most (local.get $id))))
          (drop (call $yield))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $most))`),
    calls: [['run', 200]],
    check: ({ end, usage }) => {
      expect((end as number[])[0]).toBeLessThanOrEqual(4);
      expect(usage.memoryBytes).toBeLessThan(1 << 20);
    },
  },
  {
    name: 'two locks in two orders: a deadlock, which names threads and addresses',
    text: threaded(`
      (func $lock (param $at i32)
        (loop $again
          (if (i32.atomic.rmw.xchg (local.get $at) (i32.const 1))
            (then
              (drop (memory.atomic.wait32 (local.get $at) (i32.const 1) (i64.const -1)))
              (br $again)))))
      ;; Takes the first lock, and the second when the other thread has its first.
      (func $both (param $a i32) (param $b i32)
        (call $lock (local.get $a))
        (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (local.get $b)))))
        (call $lock (local.get $b)))
      (func (export "wasi_thread_start") (param i32 i32) (call $both (i32.const 64) (i32.const 0)))
      (func (export "_start")
        (drop (call $spawn (i32.const 0)))
        (call $both (i32.const 0) (i32.const 64)))`),
    check: ({ end }) =>
      expect(end).toMatchObject({
        ...{ error: 'Trap', id: 'deadlock', message: 'all threads wait: thread 0 at 64, thread 1 at 0' },
        waits: [
          [0, 64, ['lock', 'both', '_start']],
          [1, 0, ['lock', 'both', 'wasi_thread_start']],
        ],
      }),
  },
  {
    name: 'a thread that spins for ever ends when main returns, at once',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32 i32) (loop $spin (br $spin)))
      (func (export "_start") (drop (call $spawn (i32.const 0))) (drop (call $yield)))`),
    check: ({ end, usage }, parallel) => {
      expect(end).toBe(0);
      // A core executes as much in a tenth of a second.
      expect(usage.fuel).toBeLessThan(parallel ? 300_000_000 : 1_000_000);
    },
  },
  {
    name: 'threads grow the memory against each other: sizes only grow, and the budget is exact',
    text: threaded(`
      (func $grow (local $before i32) (local $now i32)
        (loop $again
          (local.set $now (memory.grow (i32.const 1)))
          (if (i32.ge_s (local.get $now) (i32.const 0))
            (then
              (if (i32.le_s (local.get $now) (local.get $before)) (then unreachable))
              (local.set $before (local.get $now))
              ;; The new page is there for whoever grew, wherever the bytes are now.
              (i32.store (i32.shl (local.get $now) (i32.const 16)) (local.get $now))
              (drop (call $yield))
              (br $again)))))
      (func (export "wasi_thread_start") (param i32 i32)
        (call $grow)
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
      (func (export "run") (result i32)
        (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
        (call $grow)
        (loop $spin (br_if $spin (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 2))))
        (memory.size))`),
    options: { limits: { memoryBytes: 3 * 65_536 } },
    calls: [['run']],
    check: ({ end, usage }) => {
      expect(end).toEqual([3]);
      expect(usage.memoryBytes).toBeLessThanOrEqual(3 * 65_536);
    },
  },
  {
    name: 'a trap while others wait and sleep is the outcome, and all end',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32) (param $what i32)
        (if (i32.eq (local.get $what) (i32.const 0)) (then ${WAIT_FOREVER}))
        (if (i32.eq (local.get $what) (i32.const 1))
          (then (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1000000000000)))))
        (if (i32.eq (local.get $what) (i32.const 2)) (then unreachable)))
      (func (export "_start") (local $k i32)
        (loop $again
          (drop (call $spawn (local.get $k)))
          (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 3))))
        ${WAIT_FOREVER})`),
    check: (outcome) => expect(failure(outcome)).toEqual(['unreachable', 3]),
  },
  {
    name: 'a storm of notifications, and a million waits that do not wait',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32 i32)
        (loop $again
          ${WAIT_FOREVER}
          (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
          (br $again)))
      (func $storm (param $n i32)
        (loop $again
          (drop (memory.atomic.notify (i32.const 0) (i32.const -1)))
          (drop (memory.atomic.notify (i32.const 4) (i32.const -1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func $waits (param $n i32)
        (loop $again
          (drop (memory.atomic.wait32 (i32.const 128) (i32.const 0) (i64.const 0)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "run") (local $k i32)
        (loop $again
          (drop (call $spawn (i32.const 0)))
          (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4))))
        (call $storm (i32.const 100_000))
        (call $waits (i32.const 1_000_000)))`),
    calls: [['run']],
    check: ({ usage }) => expect(usage.fuel).toBeGreaterThan(8_000_000),
  },
  {
    name: 'proc_exit in several threads at once: one code, that of the first',
    text: threaded(`
      (func (export "wasi_thread_start") (param $id i32) (param i32) (call $exit (local.get $id)))
      (func (export "_start")
        (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
        (loop $spin (br $spin)))`),
    check: ({ end }) => expect([1, 2, 3]).toContain(end),
  },
  {
    name: 'main exits while a thread that it started has not run yet',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32 i32) unreachable)
      (func (export "_start") (drop (call $spawn (i32.const 0))) (call $exit (i32.const 9)))`),
    check: (outcome, parallel) => {
      // In a worker that is there already it may be the first.
      if (parallel && outcome.end !== 9) expect(failure(outcome)).toEqual(['unreachable', 1]);
      else expect(outcome.end).toBe(9);
    },
  },
  {
    name: 'a deep recursion in a thread ends by its own stack; calls around it go on',
    text: threaded(`
      (func $deep (param i32) (result i32) (call $deep (local.get 0)) (i32.add (i32.const 1)))
      (func (export "wasi_thread_start") (param i32 i32) (drop (call $deep (i32.const 0))))
      (func (export "_start") (drop (call $spawn (i32.const 0))) ${WAIT_FOREVER})`),
    check: (outcome) => expect(failure(outcome)).toEqual(['stack-exhausted', 1]),
  },
  {
    name: 'limits of calls of natives are those of all threads together',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32 i32) (loop $again (drop (call $yield)) (br $again)))
      (func (export "_start") (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
        (loop $again (drop (call $yield)) (br $again)))`),
    options: { limits: { hostCalls: 1_000 } },
    check: (outcome) => {
      expect(failure(outcome)[0]).toBe('hostCalls');
      expect(outcome.usage.hostCalls).toBe(1_001);
    },
  },
  {
    name: 'a deadline ends all: those that spin, sleep and wait',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32) (param $what i32)
        (if (local.get $what) (then ${WAIT_FOREVER}))
        (loop $spin (br $spin)))
      (func (export "_start")
        (drop (call $spawn (i32.const 0)))
        (drop (call $spawn (i32.const 1)))
        (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1000000000000))))`),
    options: { limits: { timeoutMs: 500 } },
    check: (outcome) => expect(failure(outcome)[0]).toBe('timeoutMs'),
  },
  {
    name: 'an uncaught exception of one thread while another has handlers ends all',
    notInWorkers: 'Node 20 has the exceptions of the older proposal alone',
    text: threaded(`
      (tag $oops)
      (func (export "wasi_thread_start") (param i32 i32) (throw $oops))
      (func (export "_start")
        (block $caught
          (try_table (catch_all $caught)
            (drop (call $spawn (i32.const 0)))
            ${WAIT_FOREVER}
            (unreachable)))
        (unreachable))`),
    check: ({ end }) => {
      // Behind a boundary it is another class: its payload does not cross.
      expect(end).toMatchObject({ error: expect.stringMatching(/^(Wasm|Guest)Exception$/), thread: 1 });
    },
  },
  {
    name: 'nine hundred threads, when the embedder allows them',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32 i32)
        ${WAIT_FOREVER}
        (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1))))
      (func (export "run") (result i32) (local $count i32)
        (block $full
          (loop $again
            (br_if $full (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (br $again)))
        (loop $all
          (drop (call $yield))
          (drop (memory.atomic.notify (i32.const 0) (i32.const -1)))
          (br_if $all (i32.lt_u (i32.atomic.load (i32.const 64)) (local.get $count))))
        (local.get $count))`),
    options: { maxThreadNum: 900 },
    notInWorkers: 'each worker takes several MiB',
    calls: [['run']],
    check: ({ end, usage }) => {
      expect(end).toEqual([900]);
      expect(usage).toMatchObject({ threads: 900, peakThreads: 901 });
    },
  },
  {
    name: 'no export to run in a thread, or one of another type: -1',
    text: threaded(`
      (func (export "wasi_thread_start") (param i32))
      (func (export "run") (result i32) (call $spawn (i32.const 0)))`),
    calls: [['run']],
    check: ({ end }) => expect(end).toEqual([-1]),
  },
];
