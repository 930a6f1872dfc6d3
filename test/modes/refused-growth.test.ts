// A guest that dies because a limit refused it memory, a table or a file: the trap says which limit, and what raises it. One that dies of something else does not.
import { expect } from 'vitest';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { Trap } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { REFUSED_GUEST, REFUSED_LIMITS, REFUSED_TEXTS } from '../helpers/refused-guest.js';
import { modeCases } from './mode-cases.js';

const GUEST = `(module (memory (export "memory") 1)
  (func (export "need") (param i32)
    (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable)))
  (func (export "ask") (param i32) (drop (memory.grow (local.get 0))))
  (func (export "trap") unreachable))`;

function trapOf(call: () => unknown): Trap {
  try {
    call();
  } catch (error) {
    if (error instanceof Trap) return error;
    throw error;
  }
  throw new Error('no trap');
}

modeCases('refused growth', [
  {
    name: 'the trap names the limit and the options',
    run({ start }) {
      const guest = start(GUEST, { limits: { memoryBytes: 1 << 20 } });
      const trap = trapOf(() => guest.lookupFunction('need')!.call(100));
      expect(trap.id).toBe('unreachable');
      expect(trap.message).toBe(
        'unreachable, after growth beyond limits.memoryBytes (1048576 bytes; --memory of enclasm run) was refused: raise it if the guest needs more',
      );
    },
  },
  {
    name: 'the limit of the runtime is named too',
    initArgs: { limits: { memoryBytes: 1 << 20 } },
    run({ start }) {
      const trap = trapOf(() => start(GUEST).lookupFunction('need')!.call(100));
      expect(trap.message).toContain('limits.memoryBytes (1048576 bytes');
    },
  },
  {
    name: 'a trap of another call, or without a refusal, says nothing of it',
    run({ start }) {
      const guest = start(GUEST, { limits: { memoryBytes: 1 << 20 } });
      guest.lookupFunction('ask')!.call(100);
      expect(trapOf(() => guest.lookupFunction('trap')!.call()).message).toBe('unreachable');
      guest.lookupFunction('need')!.call(1);
      expect(trapOf(() => guest.lookupFunction('trap')!.call()).message).toBe('unreachable');
    },
  },
  {
    name: 'memories, tables and files: the trap names the limit of each, and a program that ends with a code has it too',
    run({ startBytes }) {
      const wasi = { preopens: { '/': new MemoryFileSystem({ 'a.txt': 'inside' }) } };
      const guest = startBytes(REFUSED_GUEST, { limits: REFUSED_LIMITS, wasi });
      for (const [name, text] of Object.entries(REFUSED_TEXTS)) {
        expect(trapOf(() => guest.lookupFunction(name)!.call()).message).toBe(`unreachable, after ${text}`);
        expect(guest.refused).toBe(text);
      }
      guest.lookupFunction('ask')!.call();
      expect(trapOf(() => guest.lookupFunction('trap')!.call()).message).toBe('unreachable');
      expect(guest.refused).toBeUndefined();
      expect(guest.executeMain()).toBe(1);
      expect(guest.refused).toBe(REFUSED_TEXTS.file);
    },
  },
  {
    name: 'an exception that comes out says it too',
    run({ start }) {
      const guest = start(
        `(module (memory 1) (tag $no) (func (export "need") (drop (memory.grow (i32.const 100))) (throw $no)))`,
        { limits: { memoryBytes: 1 << 20 } },
      );
      expect(failure(() => guest.lookupFunction('need')!.call())).toMatchObject({
        kind: 'exception',
        message: expect.stringContaining(`, after ${REFUSED_TEXTS.memory_grow}`),
      });
    },
  },
]);
