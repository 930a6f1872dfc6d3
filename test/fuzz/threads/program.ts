// A random program with threads: what it does, as data that can be made smaller and kept, and its text. Refuses nothing.
import { threaded } from '../../threads/guest-text.js';

export type Statement =
  | { readonly does: 'rmw'; readonly op: (typeof RMW)[number]; readonly at: number; readonly value: number }
  /** Loads, spins so many times, stores what it loaded and one: other threads run in between. */
  | { readonly does: 'race'; readonly at: number; readonly spins: number }
  | { readonly does: 'load'; readonly at: number }
  /** @property ns -1: for ever */
  | { readonly does: 'wait'; readonly at: number; readonly expected: number; readonly ns: number }
  | { readonly does: 'notify'; readonly at: number; readonly count: number }
  | { readonly does: 'spawn'; readonly body: number }
  | { readonly does: 'loop'; readonly times: number; readonly inside: readonly Statement[] }
  /** Tells the embedder what came of all before. */
  | { readonly does: 'tell' }
  /** Waits until no thread is left. */
  | { readonly does: 'join' }
  | { readonly does: 'exit'; readonly code: number }
  | { readonly does: 'yield' | 'clock' | 'grow' | 'trap' };

export const RMW = ['add', 'sub', 'and', 'or', 'xor', 'xchg'] as const;

export interface Program {
  /** What threads do, by the argument that they are started with; the embedder calls `calls` one after the other. */
  readonly bodies: readonly (readonly Statement[])[];
  readonly calls: readonly (readonly Statement[])[];
  readonly limits: { readonly fuel: number; readonly threads: number; readonly hostCalls: number };
  /** No order of its threads changes what the memory holds in the end; each call waits until none is left. */
  readonly orderless?: true;
}

/** Words that all threads use. */
export const WORDS = 8;
/** How many threads have been started and not ended, and how many have been started. */
const ALIVE = 256;
const STARTED = 260;
/** The most loops in each other. */
export const DEPTH = 3;

export { STARTED };

export function textOf({ bodies, calls, orderless }: Program): string {
  const locals = Array.from({ length: DEPTH + 1 }, (_, k) => `(local $k${k} i32)`).join(' ');
  const work = `(local $sum i32) (local $word i32) ${locals}`;
  const functions = bodies.map((body, k) => `(func $body${k} ${work} ${codeOf(body, 0)})`);
  const choice = bodies.map((_, k) => `(if (i32.eq (local.get $body) (i32.const ${k})) (then (call $body${k})))`);
  const exports = calls.map(
    (body, k) =>
      `(func (export "call${k}") (result i32) ${work} ${codeOf(body, 0)} ${orderless ? JOIN : ''} (local.get $sum))`,
  );
  return threaded(`
    ${functions.join('\n')}
    (func (export "wasi_thread_start") (param $id i32) (param $body i32)
      ${choice.join('\n')}
      (drop (i32.atomic.rmw.sub (i32.const ${ALIVE}) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const ${ALIVE}) (i32.const -1))))
    ${exports.join('\n')}`).replace(
    '(module',
    `(module
    (import "test" "tell" (func $tell (param i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))`,
  );
}

const JOIN = `(block $none (loop $again
  (local.set $word (i32.atomic.load (i32.const ${ALIVE})))
  (br_if $none (i32.le_s (local.get $word) (i32.const 0)))
  (drop (memory.atomic.wait32 (i32.const ${ALIVE}) (local.get $word) (i64.const -1)))
  (br $again)))`;

function codeOf(body: readonly Statement[], depth: number): string {
  return body.map((one) => statement(one, depth)).join('\n');
}
/** Makes a number part of what came of all before. */
function note(value: string): string {
  return `(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) ${value}))`;
}
function statement(one: Statement, depth: number): string {
  switch (one.does) {
    case 'rmw':
      return note(`(i32.atomic.rmw.${one.op} (i32.const ${4 * one.at}) (i32.const ${one.value}))`);
    case 'race':
      return `(local.set $word (i32.load (i32.const ${4 * one.at})))
        ${loop(depth, one.spins, '')}
        (i32.store (i32.const ${4 * one.at}) (i32.add (local.get $word) (i32.const 1)))`;
    case 'load':
      return note(`(i32.atomic.load (i32.const ${4 * one.at}))`);
    case 'wait':
      return note(`(memory.atomic.wait32 (i32.const ${4 * one.at}) (i32.const ${one.expected}) (i64.const ${one.ns}))`);
    case 'notify':
      return note(`(memory.atomic.notify (i32.const ${4 * one.at}) (i32.const ${one.count}))`);
    case 'spawn':
      return `(drop (i32.atomic.rmw.add (i32.const ${ALIVE}) (i32.const 1)))
        (local.set $word (call $spawn (i32.const ${one.body})))
        ${note('(local.get $word)')}
        (if (i32.lt_s (local.get $word) (i32.const 0))
          (then (drop (i32.atomic.rmw.sub (i32.const ${ALIVE}) (i32.const 1))))
          (else (drop (i32.atomic.rmw.add (i32.const ${STARTED}) (i32.const 1)))))`;
    case 'loop':
      return loop(depth, one.times, codeOf(one.inside, depth + 1));
    case 'join':
      return JOIN;
    case 'tell':
      return '(call $tell (local.get $sum))';
    case 'exit':
      return `(call $exit (i32.const ${one.code}))`;
    case 'yield':
      return '(drop (call $yield))';
    case 'clock':
      return `(drop (call $clock (i32.const 1) (i64.const 1) (i32.const 512))) ${note('(i32.load (i32.const 512))')}`;
    case 'grow':
      return note('(memory.grow (i32.const 1))');
    case 'trap':
      return 'unreachable';
  }
}
function loop(depth: number, times: number, inside: string): string {
  const counter = `$k${depth}`;
  return `(local.set ${counter} (i32.const ${times}))
    (loop $l${depth} ${inside}
      (br_if $l${depth} (local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))))`;
}
