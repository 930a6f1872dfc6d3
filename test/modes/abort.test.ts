// `env.abort`, as AssemblyScript's compiler imports it: a trap with the guest's own message and place, and nothing a terminal obeys.
import { expect } from 'vitest';
import { Trap } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const escaped = (bytes: Iterable<number>): string =>
  [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
/** Data of a text at an address: its length in bytes in the word before. */
function data(address: number, text: string): string {
  const bytes = Buffer.from(text, 'utf16le');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return `(data (i32.const ${address - 4}) "${escaped(length)}${escaped(bytes)}")`;
}

const TEXT = `(module (import "env" "abort" (func $abort (param i32 i32 i32 i32))) (memory 1)
  ${data(64, 'unexpected null')} ${data(256, 'assembly/index.ts')} ${data(512, 'red \u001b[31m and ☃')} ${data(1024, 'x'.repeat(5_000))}
  (data (i32.const 65528) "\\ff\\ff\\ff\\7f")
  (func (export "run") (param i32 i32) (call $abort (local.get 0) (local.get 1) (i32.const 12) (i32.const -1))))`;

modeCases('env.abort', [
  {
    name: 'of four arguments is a trap that has the text',
    run({ start, log }) {
      const instance = start(TEXT, { strictLinking: true });
      const text = (...args: number[]): string => {
        const error = failure(() => instance.lookupFunction('run')!.call(...args));
        expect(error).toBeInstanceOf(Trap);
        return (error as Trap).message;
      };
      expect(text(64, 256)).toBe('abort: unexpected null at assembly/index.ts:12:4294967295');
      expect(instance.getException()).toBe('Exception: abort: unexpected null at assembly/index.ts:12:4294967295');
      expect(text(0, 0)).toBe('abort: at :12:4294967295');
      expect(text(512, 256)).not.toContain('\u001b');
      expect(text(512, 256)).toContain('☃');
      expect(text(1024, 256).length).toBeLessThan(1_100);
      for (const nowhere of [-1, 65_532, 65_536, 2])
        expect(text(nowhere, 256)).toBe('abort: at assembly/index.ts:12:4294967295');
      expect(log).toEqual([]);
    },
  },
  {
    name: "of one is C's",
    run({ start }) {
      const instance = start(
        '(module (import "env" "abort" (func $abort (param i32))) (func (export "run") (call $abort (i32.const 3))))',
      );
      expect(failure(() => instance.lookupFunction('run')!.call())).toMatchObject({ message: 'env.abort(3)' });
    },
  },
]);
