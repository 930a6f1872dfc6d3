// Small modules for hostile inputs, section by section, so that any part can be wrong. Refuses: checking what it builds.

import { decode } from '#src/binary/decode.js';
import { ByteWriter } from '#src/binary/writer.js';
import { validate } from '#src/validate/validate.js';
import type { ValidatedModule } from '#src/wasm/module.js';
import { startProcessorTime } from '../helpers/processor-time.js';

export const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export type Write = (writer: ByteWriter) => void;

/** A module of sections, each an id and what is in it. */
export function wasm(...sections: readonly (readonly [id: number, content: Write])[]): Uint8Array {
  const writer = new ByteWriter();
  writer.raw(Uint8Array.from(HEADER));
  for (const [id, content] of sections) writer.section(id, () => content(writer));
  return writer.finish();
}

/** A section's content from plain bytes. */
export function bytes(...values: readonly number[]): Write {
  return (writer) => writer.raw(Uint8Array.from(values));
}

/** Repeats what `write` writes. */
export function times(count: number, write: Write): Write {
  return (writer) => {
    for (let i = 0; i < count; i++) write(writer);
  };
}

/** Several contents in a row. */
export function all(...parts: readonly Write[]): Write {
  return (writer) => {
    for (const part of parts) part(writer);
  };
}

/** A vector's length, then its content. */
export function counted(count: number, content: Write): Write {
  return (writer) => {
    writer.u32(count);
    content(writer);
  };
}

/** A module of functions without parameters and results, each with its own body (locals and instructions). */
export function functions(bodies: readonly Write[], ...types: readonly Write[]): Uint8Array {
  return wasm(
    [1, counted(types.length + 1, all(bytes(0x60, 0, 0), ...types))],
    [3, counted(bodies.length, times(bodies.length, bytes(0)))],
    [10, (writer) => writer.vector(bodies, (body) => writer.sized(() => body(writer)))],
  );
}

/** Decodes and validates, and gives the processor time that took in milliseconds. */
export function load(input: Uint8Array): { module: ValidatedModule | undefined; error: unknown; milliseconds: number } {
  const spent = startProcessorTime();
  let module: ValidatedModule | undefined;
  let error: unknown;
  try {
    module = validate(decode(input));
  } catch (caught) {
    error = caught;
  }
  return { module, error, milliseconds: spent() };
}
