// The assembler for tests: what it accepts, what it refuses, and that the cache gives the same answers.
import { describe, expect, it } from 'vitest';
import { AssembleError, assemble } from './wat.js';

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

describe('assemble', () => {
  it('gives the same bytes from the cache', () => {
    const text = `(module (func (export "f${Math.random()}")))`;
    const first = assemble(text);
    expect([...first.subarray(0, 8)]).toEqual(MAGIC);
    expect(assemble(text)).toEqual(first);
  });

  it('refuses malformed text, from the cache too, with a sentence', () => {
    const text = `(module (func i32.cosnt ${Math.random()}))`;
    expect(() => assemble(text)).toThrow(AssembleError);
    expect(() => assemble(text)).toThrow(/^unknown operator/);
  });

  it('assembles what is not valid', () => {
    expect([...assemble('(module (func (result i32) i64.const 0))').subarray(0, 8)]).toEqual(MAGIC);
  });

  it('reads legacy exceptions flat and folded to the same code', () => {
    const code = (text: string): number[] => [...assemble(text)].filter((byte) => byte === 0x06 || byte === 0x19);
    const flat = code('(module (func try nop catch_all nop end))');
    const folded = code('(module (func (try (do (nop)) (catch_all (nop)))))');
    expect(flat).toContain(0x19);
    expect(folded).toContain(0x19);
  });

  it('takes names with characters that look like attacks', () => {
    const names = WebAssembly.Module.exports(
      new WebAssembly.Module(assemble('(module (func (export "\u202e\u2066\u206a")))') as BufferSource),
    );
    expect(names.map(({ name }) => name)).toEqual(['\u202e\u2066\u206a']);
  });
});
