// Guests in a pool of fixed size: everything they can make grow comes out of it, and all of it comes back.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { LimitError } from '#src/wasm/errors.js';
import { modeCases } from './mode-cases.js';

const POOL_BYTES = 4 << 20;
const initArgs = { memAllocType: 'pool', memAllocOption: { pool: { heapSize: POOL_BYTES } } } as const;
const SAMPLE = readFileSync(new URL('../../samples/primes.wasm', import.meta.url));

modeCases('in a pool', [
  {
    name: 'a C program runs again and again, and leaves nothing behind',
    initArgs,
    run({ runtime, startBytes }) {
      const outputs = new Set<string>();
      const free = runtime.getMemAllocInfo()!.totalFree;
      for (let again = 0; again < 3; again++) {
        let text = '';
        const stdout = (chunk: Uint8Array): void => {
          text += new TextDecoder().decode(chunk);
        };
        const instance = startBytes(SAMPLE, { wasi: { stdout, args: ['primes', '50'] } });
        instance.executeMain();
        instance.deinstantiate();
        outputs.add(text);
        expect(runtime.getMemAllocInfo()!.totalFree).toBe(free);
        expect(runtime.verifyMemory().problems).toEqual([]);
      }
      expect(outputs.size).toBe(1);
      expect([...outputs][0]).not.toBe('');
    },
  },
  {
    name: 'memory.grow takes what is there and gives -1 then; instances compete',
    initArgs,
    run({ runtime, start }) {
      const text = `(module (memory (export "m") 1) (func (export "run") (result i32)
        (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (memory.size)))`;
      const greedy = start(text);
      const [pages] = greedy.lookupFunction('run')!.call() as [number];
      expect(pages).toBeGreaterThan(20);
      expect(pages).toBeLessThanOrEqual(POOL_BYTES / 65_536);
      expect(() => start('(module (memory 60))')).toThrow(LimitError);
      expect(runtime.verifyMemory().problems).toEqual([]);
      greedy.deinstantiate();
      expect(
        start('(module (memory 60))')
          .getMemory()!
          .bytes.every((byte) => byte === 0),
      ).toBe(true);
    },
  },
]);
