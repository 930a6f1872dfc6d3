// A guest that dies because its memory may not grow: the trap says which limit refused and what raises it. One that dies of something else does not.
import { expect } from 'vitest';
import { Trap } from '#src/wasm/errors.js';
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
]);
