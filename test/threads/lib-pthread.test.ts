// WAMR's lib-pthread: programs in C print the same wherever their threads run, and each wrong use has its error number; handles, C stacks, cancellation
// and deadlocks by programs in text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { LIB_PTHREAD_NATIVES } from '#src/imports/lib-pthread/index.js';
import { OutputSink } from '#src/imports/wasi/index.js';
import { type ExecEnv, ThreadsUnsupportedError } from '#src/runtime/exec-env.js';
import type { LimitError, Trap } from '#src/wasm/errors.js';
import type { Usage } from '#src/wasm/usage-table.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { places, type Thrown } from './places.js';
import { runtimeOf, start, thrownBy } from './support.js';

const PROGRAMS = join(projectRoot(), 'test', 'threads', 'lib-pthread');
const bytesOf = (name: string): Uint8Array => readFileSync(join(PROGRAMS, `${name}.wasm`));
const printed = (name: string): string => readFileSync(join(PROGRAMS, `${name}.txt`), 'utf8');
const HEAP = { heapSize: 4_096 };
/** What becomes of a seed is the same everywhere. */
const ABBA: readonly (readonly [seed: number, text: string])[] = [
  [1, 'no deadlock this time\n'],
  [5, 'all threads wait: thread 0 for mutex 2, which thread 1 has, thread 1 for mutex 1, which thread 0 has'],
];

// In workers, who prints first is not known.
const lines = (text: string): string[] => text.split('\n').sort();

describe.each(places().map((place) => [place.name, place] as const))('%s', (_name, place) => {
  afterAll(() => place.close());

  test.each(['handover', 'ends', 'errors', 'market'])('%s prints what it must, and leaves nothing', async (name) => {
    const guest = await place.start(bytesOf(name), HEAP);
    const { end, usage } = await guest.main();
    if (place.parallel) expect([end, lines(guest.text)]).toEqual([0, lines(printed(name))]);
    else expect([end, guest.text]).toEqual([0, printed(name)]);
    expect(usage.threads).toBeGreaterThan(0);
    expect(await place.end()).toEqual({ bytes: 0, threads: 0 });
  });
  test('two mutexes in two orders: the outcome is named, and with a seed it decides', async () => {
    const runs = place.parallel ? [undefined, undefined, undefined] : ABBA.map(([seed]) => seed);
    for (const seed of runs) {
      const guest = await place.start(bytesOf('abba'), { ...HEAP, ...(seed !== undefined && { seed }) });
      const { end } = await guest.main();
      const text = end === 0 ? guest.text : (end as Thrown).message;
      if (seed === undefined) expect(ABBA.map(([, known]) => known)).toContain(text);
      else expect(text).toBe(new Map(ABBA).get(seed));
      expect(await place.end()).toEqual({ bytes: 0, threads: 0 });
    }
  });
});

describe('with seeds', () => {
  test.each(['handover', 'ends', 'market'])(
    '%s prints the same under each, and a seed repeats its schedule',
    (name) => {
      const run = (seed: number): Usage => {
        const runtime = runtimeOf();
        const stdout = new OutputSink();
        const instance = runtime.instantiate(runtime.load(bytesOf(name)), { ...HEAP, seed, wasi: { stdout } });
        expect(instance.executeMain()).toBe(0);
        // Who prints first is for the schedule to decide.
        expect(lines(stdout.text)).toEqual(lines(printed(name)));
        return { ...instance.usage, wallMs: 0 };
      };
      for (let seed = 1; seed <= 20; seed++) run(seed);
      expect(run(5)).toEqual(run(5));
    },
  );
});

test('the functions and signatures are those of WAMR', () => {
  const table = LIB_PTHREAD_NATIVES['env']!.map(({ symbol, signature }) => `${symbol}${signature ?? ''}`);
  expect(table.sort()).toEqual(
    [
      ...['pthread_create(**ii)i', 'pthread_join(ii)i', 'pthread_detach(i)i', 'pthread_cancel(i)i', 'pthread_exit(i)'],
      ...['pthread_self()i', '__pthread_self()i', 'pthread_mutex_init(**)i', 'pthread_mutex_lock(*)i'],
      ...['pthread_mutex_unlock(*)i', 'pthread_mutex_destroy(*)i', 'pthread_cond_init(**)i', 'pthread_cond_wait(**)i'],
      ...['pthread_cond_timedwait(**I)i', 'pthread_cond_signal(*)i', 'pthread_cond_broadcast(*)i'],
      ...['pthread_cond_destroy(*)i', 'pthread_key_create(*i)i', 'pthread_setspecific(ii)i', 'pthread_getspecific(i)i'],
      ...['pthread_key_delete(i)i', 'posix_memalign(*ii)i', 'sem_close(i)i', 'sem_wait(i)i', 'sem_trywait(i)i'],
      // WAMR's header declares sem_open with two parameters, its native has four.
      ...['sem_post(i)i', 'sem_getvalue(i*)i', 'sem_unlink($)i', 'sem_open'],
    ].sort(),
  );
});

function passed(params: string): string {
  if (params === '') return '';
  return params
    .split(' ')
    .map((_, k) => `(local.get ${k})`)
    .join(' ');
}
/** A guest whose functions are calls of natives: handles lie at 16 (mutex), 20 (condition), 24 (thread); table element 1 is what threads run. */
function calling(thread: string, more = ''): string {
  const natives = [
    ...[['create', 'pthread_create', 'i32 i32 i32 i32'] as const, ['join', 'pthread_join', 'i32 i32'] as const],
    ...[['cancel', 'pthread_cancel', 'i32'] as const, ['detach', 'pthread_detach', 'i32'] as const],
    ...[['minit', 'pthread_mutex_init', 'i32 i32'] as const, ['lock', 'pthread_mutex_lock', 'i32'] as const],
    ...[['unlock', 'pthread_mutex_unlock', 'i32'] as const, ['mdestroy', 'pthread_mutex_destroy', 'i32'] as const],
    ...[['cinit', 'pthread_cond_init', 'i32 i32'] as const, ['wait', 'pthread_cond_wait', 'i32 i32'] as const],
    ...[['timed', 'pthread_cond_timedwait', 'i32 i32 i64'] as const, ['signal', 'pthread_cond_signal', 'i32'] as const],
    ...[['broadcast', 'pthread_cond_broadcast', 'i32'] as const, ['self', 'pthread_self', ''] as const],
  ];
  return `(module
    ${natives.map(([name, symbol, params]) => `(import "env" "${symbol}" (func $${name} (param ${params}) (result i32)))`).join('\n')}
    (import "env" "pthread_exit" (func $exit (param i32)))
    (memory (export "memory") 1 2 shared)
    (table 4 funcref) (elem (i32.const 1) $thread) (elem (i32.const 3) $other)
    (func $thread (param $argument i32) (result i32) ${thread})
    (func $other (param i64))
    ${natives.map(([name, , params]) => `(func (export "${name}") (param ${params}) (result i32) ${passed(params)} (call $${name}))`).join('\n')}
    ;; Natives, which run no other thread meanwhile.
    ${natives.map(([name]) => `(export "=${name}" (func $${name}))`).join(' ')}
    (func (export "start") (param i32) (result i32) (call $create (i32.const 24) (i32.const 0) (i32.const 1) (local.get 0)))
    (func (export "thread") (result i32) (i32.load (i32.const 24)))
    (func (export "word") (param i32) (result i32) (i32.load (local.get 0)))
    ;; Lets each of the other threads have some turns.
    (func (export "pause") (local $k i32)
      (loop $again
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000)))
        (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4)))))
    ${more})`;
}
type Call = (name: string, ...values: (number | bigint)[]) => unknown;
function begin(text: string, options: InstantiateOptions = {}, args = {}): { instance: WasmInstance; call: Call } {
  const instance = start(text, { threads: 'cooperative', ...options }, args);
  return { instance, call: (name, ...values) => instance.lookupFunction(name)!.call(...values)[0] };
}
const [EAGAIN, EDEADLK, EPERM, ESRCH, ETIMEDOUT] = [6, 16, 63, 71, 73];
const WAITS = '(drop (call $lock (i32.const 16))) (drop (call $unlock (i32.const 16))) (local.get $argument)';

describe('which guests', () => {
  test('those that import pthread_create have threads, in the ways of others', () => {
    const runtime = runtimeOf();
    const module = runtime.load(assemble(calling('(local.get 0)')));
    for (const [options, mode, threads] of [
      [{}, 'host', 'parallel'],
      [{ mode: 'interp' }, 'interp', 'cooperative'],
      [{ seed: 1 }, 'interp', 'cooperative'],
      [{ mode: 'jit' }, 'jit', 'parallel'],
    ] as const) {
      const instance = runtime.instantiate(module, options);
      expect([instance.mode, instance.threads]).toEqual([mode, threads]);
    }
    expect(thrownBy(() => runtime.instantiate(module, { mode: 'host', threads: 'cooperative' }))).toBeInstanceOf(
      ThreadsUnsupportedError,
    );
    const locks = runtime.load(
      assemble('(module (import "env" "pthread_mutex_lock" (func (param i32) (result i32))) (memory 1))'),
    );
    expect(runtime.instantiate(locks).threads).toBe('none');
  });
  test.each(['interp', 'jit', 'host'] as const)(
    'without threads, in mode %s, the rest works, and nothing waits for ever',
    (mode) => {
      const { instance, call } = begin(calling('(local.get 0)'), { mode, threads: 'none' });
      expect(call('start', 0)).toBe(EAGAIN);
      expect([call('minit', 16, 0), call('cinit', 20, 0), call('lock', 16), call('lock', 16)]).toEqual([
        0,
        0,
        0,
        EDEADLK,
      ]);
      expect(call('timed', 20, 16, 1_000n)).toBe(ETIMEDOUT);
      const trap = thrownBy(() => call('wait', 20, 16)) as Trap;
      expect([trap.id, trap.message]).toEqual(['deadlock', 'all threads wait: thread 0 for condition 2']);
      expect(call('unlock', 16)).toBe(0);
      const timed = instance.lookupFunction('timed')!;
      expect([call('=lock', 16), call('=lock', 16)]).toEqual([0, EDEADLK]);
      call('lock', 16);
      expect(() => timed.callOn(instance.execEnv, [20, 16, 10_000_000n], { timeoutMs: 30 })).toThrow(
        'limit timeoutMs reached',
      );
    },
  );
});

describe('starting', () => {
  test('the limit of threads is EAGAIN, and one that has ended makes room', () => {
    const { call } = begin(calling(WAITS), {}, { maxThreadNum: 2 });
    call('minit', 16, 0);
    call('lock', 16);
    expect([call('start', 1), call('start', 2), call('start', 3)]).toEqual([0, 0, EAGAIN]);
    call('pause');
    call('unlock', 16);
    expect([call('join', call('thread') as number, 40), call('word', 40), call('start', 4)]).toEqual([0, 2, 0]);
  });
  test('what the pointer says is no function that a thread can run: the traps of call_indirect', () => {
    const { call } = begin(calling('(local.get 0)'));
    expect(() => call('create', 24, 0, 9, 0)).toThrow('undefined element');
    expect(() => call('create', 24, 0, 2, 0)).toThrow('uninitialized element');
    expect(() => call('create', 24, 0, 3, 0)).toThrow('indirect call type mismatch');
    expect(() => call('create', 65_534, 0, 1, 0)).toThrow('out of bounds memory access');
    expect([call('create', 0, 0, 1, 0), call('start', 5)]).toEqual([0, 0]);
    expect([call('join', call('thread') as number, 40), call('word', 40)]).toEqual([0, 5]);
  });
  const stack = (top: number, more: string): string =>
    `(global $sp (mut i32) (i32.const ${top})) (global $heap i32 (i32.const ${top + 64})) (global $data i32 (i32.const 1040)) ${more}`;
  const EXPORTS = '(export "__heap_base" (global $heap)) (export "__data_end" (global $data))';

  test('the C stack is divided, from the far end; too small a part, or none that is known, is EAGAIN', () => {
    const where = (more: string, args = {}): unknown[] => {
      const { call } = begin(calling(`${WAITS} (drop) (global.get $sp)`, more), {}, args);
      call('minit', 16, 0);
      call('lock', 16);
      const one = call('start', 0);
      const first = call('thread') as number;
      const two = call('start', 0);
      call('unlock', 16);
      return [
        one,
        two,
        call('join', first, 40),
        call('word', 40),
        call('join', call('thread') as number, 44),
        call('word', 44),
      ];
    };
    // (1040 + 5 * 512 - 1040) / 5 parts; the lowest first.
    expect(where(stack(1_040 + 5 * 512, EXPORTS))).toEqual([0, 0, 0, 1_552, 0, 2_064]);
    // Below the data.
    expect(where(stack(1_024, EXPORTS), { maxThreadNum: 3 })).toEqual([0, 0, 0, 256, 0, 512]);
    expect(where(stack(1_040 + 5 * 255, EXPORTS)).slice(0, 2)).toEqual([EAGAIN, EAGAIN]);
    expect(where(stack(4_096, '')).slice(0, 2)).toEqual([EAGAIN, EAGAIN]);
    expect(where(stack(4_096, `${EXPORTS} (export "__stack_pointer" (global $sp))`)).slice(0, 2)).toEqual([0, 0]);
  });
  test('a refused thread leaves nothing: no handle, no memory, no part of the stack', () => {
    const { instance, call } = begin(calling(WAITS, stack(1_040 + 5 * 512, EXPORTS)), { limits: { threads: 1 } });
    call('minit', 16, 0);
    call('lock', 16);
    const before = instance.usage.memoryBytes;
    for (let k = 0; k < 200; k++) expect(() => call('create', 24, 0, 3, 0)).toThrow('indirect call type mismatch');
    expect(call('start', 0)).toBe(0);
    const held = instance.usage.memoryBytes;
    for (let k = 0; k < 200; k++) expect(call('start', 0)).toBe(EAGAIN);
    expect(instance.usage.memoryBytes).toBe(held);
    call('unlock', 16);
    expect(call('join', call('thread') as number, 0)).toBe(0);
    expect(instance.usage.memoryBytes).toBe(before);
  });
});

describe('what waits', () => {
  test('goes on in the order in which it came, and stands still between calls', () => {
    const notes = `(drop (call $lock (i32.const 16)))
      (i32.store (i32.const 64) (i32.add (i32.mul (i32.load (i32.const 64)) (i32.const 10)) (local.get $argument)))
      (drop (call $unlock (i32.const 16))) (i32.const 0)`;
    const { call } = begin(calling(notes));
    call('minit', 16, 0);
    call('lock', 16);
    for (const k of [3, 1, 4, 2]) expect(call('start', k)).toBe(0);
    call('pause');
    expect(call('word', 64)).toBe(0);
    call('unlock', 16);
    call('pause');
    expect(call('word', 64)).toBe(3142);
  });
  test('a native that the embedder calls itself cannot wait', () => {
    const { call } = begin(calling('(call $lock (i32.const 16))'));
    call('minit', 16, 0);
    call('start', 0);
    call('pause');
    expect((thrownBy(() => call('=lock', 16)) as Trap).message).toBe(
      'all threads wait: thread 0 for mutex 1, which thread 1 has',
    );
  });
  test('what a thread was given and had not taken when it was cancelled, others get', () => {
    const { call } = begin(calling(WAITS));
    call('minit', 16, 0);
    call('lock', 16);
    call('start', 1);
    const first = call('thread') as number;
    call('start', 2);
    call('pause');
    // The first of them has the mutex now, and does not know it yet.
    expect([call('=unlock', 16), call('=cancel', first), call('join', first, 40), call('word', 40)]).toEqual([
      0, 0, 0, -1,
    ]);
    expect([call('join', call('thread') as number, 40), call('word', 40)]).toEqual([0, 2]);
    expect([call('lock', 16), call('unlock', 16), call('mdestroy', 16)]).toEqual([0, 0, 0]);
  });
  test('a signal that a cancelled thread had not taken goes to the next', () => {
    const waits = `(drop (call $lock (i32.const 16))) (drop (call $wait (i32.const 20) (i32.const 16)))
      (drop (call $unlock (i32.const 16))) (local.get $argument)`;
    const { call } = begin(calling(waits));
    call('minit', 16, 0);
    call('cinit', 20, 0);
    call('start', 1);
    const first = call('thread') as number;
    call('start', 2);
    call('pause');
    expect([call('=signal', 20), call('=cancel', first), call('join', call('thread') as number, 40)]).toEqual([
      0, 0, 0,
    ]);
    expect(call('word', 40)).toBe(2);
  });
  test('threads that join each other are a deadlock, which says so', () => {
    // Handles are counted from one on: each of them joins the other.
    const both = `(func (export "both") (result i32)
      (drop (call $create (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 2)))
      (drop (call $create (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1)))
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (i32.const 0))`;
    const { call } = begin(calling('(call $join (local.get $argument) (i32.const 0))', both));
    expect((thrownBy(() => call('both')) as Trap).message).toBe(
      'all threads wait: thread 0 at 0, thread 1 for the end of thread 2, thread 2 for the end of thread 1',
    );
  });
  test('fuel and time of all are one budget, also of those that wait', () => {
    const { instance, call } = begin(calling('(loop $spin (br $spin)) (i32.const 0)'));
    call('start', 0);
    const join = instance.lookupFunction('join')!;
    const error = thrownBy(() => join.callOn(instance.execEnv, [1, 0], { fuel: 10_000 })) as LimitError;
    expect([error.limit, error.thread]).toEqual(['fuel', 1]);
    expect(instance.usage.fuel).toBeGreaterThanOrEqual(10_000);
    expect([call('join', 1, 40), call('word', 40)]).toEqual([0, -1]);
    expect(call('join', 1, 0)).toBe(ESRCH);
  });
});

describe('threads that others have started', () => {
  test("the embedder's have handles of their own, may lock and wait, and leave by pthread_exit", async () => {
    const { instance, call } = begin(
      calling(
        WAITS,
        `(func (export "mine") (param i32) (result i32) (drop (call $lock (i32.const 16))) (call $self))
         (func (export "leaves") (param i32) (result i32) (call $exit (i32.const 3)) (i32.const 5))`,
      ),
    );
    call('minit', 16, 0);
    const [one, two] = [instance.spawnThread('mine', [0]), instance.spawnThread('leaves', [0])];
    expect(one.join()[0]).toBeGreaterThan(1);
    // It has ended, and keeps the mutex.
    expect([call('unlock', 16), call('self')]).toEqual([EPERM, 0]);
    await expect(two.joinAsync()).rejects.toThrow('has been ended');
    expect((thrownBy(() => call('lock', 16)) as Trap).message).toBe(
      'all threads wait: thread 0 for mutex 1, which a thread of the embedder has',
    );
  });
  test('pthread_exit passes through natives that call back, and no handler of the guest catches it', () => {
    const runtime = runtimeOf();
    const module = runtime.load(
      assemble(
        calling(
          '(block $caught (try_table (catch_all $caught) (call $again)) (return (i32.const 1))) (i32.const 2)',
          `(func (export "leave") (block $caught (try_table (catch_all $caught) (call $exit (i32.const 9)))))`,
        ).replace('(memory ', '(import "host" "again" (func $again)) (memory '),
      ),
    );
    let ends = 0;
    const again = (env: ExecEnv): void => {
      try {
        instance.lookupFunction('leave')!.callOn(env, []);
      } finally {
        ends++;
      }
    };
    const instance: WasmInstance = runtime.instantiate(module, { imports: { host: { again } } });
    const call: Call = (name, ...values) => instance.lookupFunction(name)!.call(...values)[0];
    call('start', 0);
    expect([call('join', 1, 40), call('word', 40), ends]).toEqual([0, 9, 1]);
  });
});

describe.each(['host', 'jit', 'aot', 'interp'] as const)('in workers, mode %s', (mode) => {
  const ways = { mode, threads: 'parallel' } as const;

  test('locks in a deadlock are named, and the next call runs', () => {
    const joins = `(func (export "joins") (result i32)
      (drop (call $lock (i32.const 16)))
      (drop (call $create (i32.const 24) (i32.const 0) (i32.const 1) (i32.const 0)))
      (call $join (i32.load (i32.const 24)) (i32.const 0)))`;
    const { call } = begin(calling('(call $lock (i32.const 16))', joins), ways);
    call('minit', 16, 0);
    const trap = thrownBy(() => call('joins')) as Trap;
    expect([trap.id, trap.message]).toEqual([
      'deadlock',
      'all threads wait: thread 0 for the end of thread 1, thread 1 for mutex 1, which thread 0 has',
    ]);
    expect(trap.waits!.map(({ frames }) => frames.length > 0)).toEqual([true, true]);
    expect([call('minit', 32, 0), call('lock', 32)]).toEqual([0, 0]);
  });
  test('a thread that never ends by itself is cancelled, wherever it is', () => {
    const spins =
      '(if (local.get $argument) (then (drop (call $lock (i32.const 16))))) (loop $spin (br $spin)) (i32.const 0)';
    const { instance, call } = begin(calling(spins), ways);
    call('minit', 16, 0);
    call('lock', 16);
    for (const argument of [0, 1]) {
      expect(call('start', argument)).toBe(0);
      const thread = call('thread') as number;
      call('pause');
      expect([call('cancel', thread), call('join', thread, 40), call('word', 40)]).toEqual([0, 0, -1]);
    }
    expect(instance.instance.threads!.alive).toBe(0);
  });
  test('a pointer to no function of the type is the trap of the thread', () => {
    const { call } = begin(calling('(local.get 0)'), ways);
    for (const [element, text] of [
      [9, 'undefined element'],
      [2, 'uninitialized element'],
      [3, 'indirect call type mismatch'],
    ] as const) {
      // Whether that call sees it, or the next one, is for the threads to decide.
      const runs = (): void => {
        call('create', 24, 0, element, 0);
        call('join', call('thread') as number, 40);
      };
      expect(runs).toThrow(text);
    }
    expect(call('start', 5)).toBe(0);
    expect([call('join', call('thread') as number, 40), call('word', 40)]).toEqual([0, 5]);
  });
});

describe('what a guest can make without end', () => {
  const MAKES = calling(
    '(local.get 0)',
    `(func (export "make") (param $n i32) (result i32) (local $error i32)
      (loop $again
        (local.set $error (call $minit (i32.const 16) (i32.const 0)))
        (if (local.get $error) (then (return (local.get $error))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.const 0))`,
  );
  test('objects have a number, and bytes that count', () => {
    const { instance, call } = begin(MAKES);
    const before = instance.usage.memoryBytes;
    expect(call('make', 1_000)).toBe(0);
    expect(instance.usage.memoryBytes - before).toBe(256_000);
    expect([call('mdestroy', 16), instance.usage.memoryBytes - before]).toEqual([0, 255_744]);
    expect(call('make', 100_000)).toBe(EAGAIN);
    const limited = begin(MAKES, { limits: { memoryBytes: 1 << 20 } });
    expect(limited.call('make', 100_000)).toBe(EAGAIN);
    expect(limited.instance.usage.memoryBytes).toBeLessThanOrEqual(1 << 20);
  });
  test('threads that nobody joins keep a handle until then', () => {
    const { instance, call } = begin(calling('(local.get 0)'));
    for (let k = 0; k < 300; k++) {
      expect(call('start', k)).toBe(0);
      call('pause');
    }
    expect(instance.usage).toMatchObject({ threads: 300, peakThreads: 2 });
    for (let k = 1; k <= 300; k++) expect([call('join', k, 40), call('word', 40)]).toEqual([0, k - 1]);
    const before = instance.usage.memoryBytes;
    for (let k = 0; k < 300; k++) {
      call('start', 0);
      call('detach', call('thread') as number);
      call('pause');
    }
    expect(instance.usage.memoryBytes).toBe(before);
  });
});

test('ten threads of the embedder add up parts of what one call adds up, as in a sample of WAMR', async () => {
  const { instance, call } = begin(
    `(module (memory 1 1 shared)
      (func (export "sum") (param $start i32) (param $length i32) (result i32) (local $sum i32)
        (loop $again
          (local.set $sum (i32.add (local.get $sum) (local.get $start)))
          (local.set $start (i32.add (local.get $start) (i32.const 1)))
          (br_if $again (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))
        (local.get $sum)))`,
    { threads: 'cooperative' },
    { maxThreadNum: 10 },
  );
  const threads = Array.from({ length: 10 }, (_, k) => instance.spawnThread('sum', [10 * k, 10]));
  const parts = await Promise.all(threads.slice(0, 1).map((thread) => thread.joinAsync()));
  const all = [...parts, ...threads.slice(1).map((thread) => thread.join())].map(([part]) => part as number);
  expect(all.reduce((sum, part) => sum + part)).toBe(call('sum', 0, 100));
  expect(instance.usage).toMatchObject({ threads: 10, peakThreads: 11 });
});
