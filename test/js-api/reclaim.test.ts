// What a program drops is given back: instances, modules, memories, tables, in every mode, with the limits that count them. Counts and the heap after
// garbage collection are compared, never time.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { codeSpans } from '#src/engine/interp/code-arena.js';
import { assemble } from '../helpers/wat.js';
import { type NamespaceWorld, namespaceCases } from './namespace-cases.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Objects go at the end of the task that made them, and what they held in a task of its own. */
async function collect(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
}
/** Collects until a number is small enough: what was reachable only from what went needs another round. @returns the number */
async function collectUntil(most: number, count: () => number): Promise<number> {
  for (let round = 0; count() > most && round < MOST_ROUNDS; round++) await collect();
  return count();
}
const MOST_ROUNDS = 20;
/** Bytes of JavaScript's heap, and of buffers outside it. */
function liveBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const PLAIN = `(module
  (import "m" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (table (export "table") 10 funcref)
  (global (export "global") (mut i32) (i32.const 1))
  (elem (i32.const 0) $add)
  (func $add (export "add") (param i32) (result i32)
    (call $log (local.get 0))
    (i32.add (local.get 0) (call_indirect (result i32) (i32.const 1))))
  (func $one (result i32) (i32.const 1))
  (elem (i32.const 1) $one))`;

const INSTANCES = 10_000;
const PER_TASK = 1_000;
/** What the JavaScript engine may need more for its own, however many instances there were: 10,000 of them take 1 GB. */
const SLACK = 24 << 20;

namespaceCases(
  'dropped instances',
  {
    async 'leave nothing behind, and limits of what is held go on'({ wasm, control }) {
      const module = new wasm.Module(assemble(PLAIN) as Uint8Array<ArrayBuffer>);
      let before = 0;
      for (let made = 0; made < INSTANCES; made += PER_TASK) {
        for (let i = 0; i < PER_TASK; i++) {
          const { add } = new wasm.Instance(module, { m: { log: () => {} } }).exports as Record<
            string,
            CallableFunction
          >;
          if (i % 10 === 0) expect(add!(41)).toBe(42);
        }
        await collect();
        if (made === PER_TASK) before = liveBytes();
      }
      expect(await collectUntil(2 << 20, () => control.usage.memoryBytes)).toBeLessThanOrEqual(2 << 20);
      expect(await collectUntil(SLACK, () => liveBytes() - before)).toBeLessThanOrEqual(SLACK);
    },
  },
  { total: { instances: 2_000, memoryBytes: 128 << 20, tableElements: 20_000 } },
);

namespaceCases(
  'objects that outlive their instance',
  {
    async 'stay whole: memories, tables, globals and functions'({ start, control }) {
      const { memory, table, global } = ((): Record<string, unknown> => {
        const { memory, table, global } = start(PLAIN, { m: { log: () => {} } });
        return { memory, table, global };
      })() as { memory: WebAssembly.Memory; table: WebAssembly.Table; global: WebAssembly.Global };
      for (let i = 0; i < 10; i++) start(PLAIN, { m: { log: () => {} } });
      const bytes = 2 * 65_536;
      expect(await collectUntil(bytes, () => control.usage.memoryBytes)).toBeLessThanOrEqual(bytes);
      new Uint8Array(memory.buffer)[7] = 8;
      expect(memory.grow(1)).toBe(1);
      expect([new Uint8Array(memory.buffer)[7], (table.get(0) as CallableFunction)(1), global.value]).toEqual([
        8, 2, 1,
      ]);
      expect(control.usage.memoryBytes).toBeGreaterThanOrEqual(bytes);
    },
    async 'keep the types that they name'({ wasm, start }) {
      const text = (result: string): string => `(module (type $f (func (result ${result})))
        (table (export "table") 2 (ref null $f)) (elem declare func $g)
        (func $g (export "g") (type $f) (${result}.const 5)))`;
      const { table } = (({ table }): { table: WebAssembly.Table } => ({ table }))(start(text('f32')) as never);
      await collect();
      await collect();
      const { g } = start(text('f32'));
      table.set(0, g);
      expect(table.get(0)).toBe(g);
      expect(() => table.set(1, start(text('f64'))['g'])).toThrow(TypeError);
      expect(wasm.Module).toBeDefined();
    },
  },
  { total: { memoryBytes: 64 << 20 } },
);

namespaceCases('dropped modules', {
  async 'leave neither types nor code behind'({ wasm, control }) {
    const make = (number: number): void => {
      const text = `(module (func (export "f") (param ${'i64 '.repeat(number % 500)}) (result i32) (i32.const ${number})))`;
      const module = new wasm.Module(assemble(text) as Uint8Array<ArrayBuffer>);
      const { f } = new wasm.Instance(module).exports as Record<string, CallableFunction>;
      expect(f!(...Array.from({ length: number % 500 }, () => 1n))).toBe(number);
    };
    await collect();
    const before = codeSpans.free;
    for (let number = 0; number < 400; number++) {
      make(number);
      if (number % 100 === 0) await collect();
    }
    expect(await collectUntil(20, () => typesOf(control))).toBeLessThanOrEqual(20);
    expect(await collectUntil(1_000, () => before - codeSpans.free)).toBeLessThanOrEqual(1_000);
  },
});

function typesOf({ runtime }: NamespaceWorld['control']): number {
  return (runtime as unknown as { state: { store: { types: { size: { types: number } } } } }).state.store.types.size
    .types;
}

namespaceCases(
  'imports that fail',
  {
    'give back what the instance was charged'({ start, control }) {
      const getter = {
        get log(): never {
          throw new Error('own');
        },
      };
      for (let i = 0; i < 10; i++) expect(() => start(PLAIN, { m: getter })).toThrow('own');
      expect(control.usage.memoryBytes).toBe(0);
      start(PLAIN, { m: { log: () => {} } });
    },
  },
  { total: { instances: 1 } },
);
