// Makes a module smaller while it stays interesting: bodies become `unreachable`, exports, segments and instructions go.
// Refuses modules that cannot be decoded: they come back as they are.
import { CodeReader } from '#src/binary/code-reader.js';
import { decode } from '#src/binary/decode.js';
import { encode } from '#src/binary/encode.js';
import type { ByteWriter } from '#src/binary/writer.js';
import { ALL_FEATURES } from '#src/wasm/features.js';
import type { Module, Span } from '#src/wasm/module.js';

export type Interesting = (bytes: Uint8Array) => Promise<boolean>;

/** Tries in all: a larger module than needed is better than waiting. */
const MOST_TRIES = 700;

/** What is left of a module: spans of instructions per function, flags per export and segment. */
interface Parts {
  readonly bodies: readonly (readonly Span[])[];
  readonly exports: readonly boolean[];
  readonly emptyData: readonly boolean[];
}

function instructionsOf(module: Module, { start, end }: Span): Span[] {
  const reader = new CodeReader(module.bytes, start, end);
  const spans: Span[] = [];
  while (reader.next() >= 0) spans.push({ start: reader.start, end: reader.pos });
  return spans;
}

function write(module: Module, { bodies, exports, emptyData }: Parts): Uint8Array {
  const body = (writer: ByteWriter, index: number): void => {
    const spans = bodies[index]!;
    if (spans.length === 0) writer.raw(Uint8Array.of(0x00, 0x0b));
    for (const { start, end } of spans) writer.raw(module.bytes, start, end);
  };
  const dataSegments = module.dataSegments.map((segment, i) =>
    emptyData[i] ? { ...segment, bytes: { start: segment.bytes.start, end: segment.bytes.start } } : segment,
  );
  return encode({ ...module, dataSegments }, { exports: module.exports.filter((_, i) => exports[i]), body });
}

class Reducer {
  readonly #module: Module;
  readonly #interesting: Interesting;
  #parts: Parts;
  #tries = 0;
  best: Uint8Array;

  constructor(module: Module, interesting: Interesting) {
    this.#module = module;
    this.#interesting = interesting;
    this.best = module.bytes;
    this.#parts = {
      bodies: module.functions.map(({ code }) => instructionsOf(module, code)),
      exports: module.exports.map(() => true),
      emptyData: module.dataSegments.map(() => false),
    };
  }

  async #try(change: Partial<Parts>): Promise<boolean> {
    if (this.#tries++ >= MOST_TRIES) return false;
    const parts = { ...this.#parts, ...change };
    const bytes = write(this.#module, parts);
    if (!(await this.#interesting(bytes))) return false;
    this.#parts = parts;
    this.best = bytes;
    return true;
  }

  async run(): Promise<void> {
    // Custom sections and long forms go with the first one.
    if (!(await this.#try({}))) return;
    for (let i = 0; i < this.#parts.bodies.length; i++) await this.#tryBody(i, []);
    for (let i = 0; i < this.#parts.exports.length; i++) {
      await this.#try({ exports: this.#parts.exports.map((kept, k) => kept && k !== i) });
    }
    for (let i = 0; i < this.#parts.emptyData.length; i++) {
      await this.#try({ emptyData: this.#parts.emptyData.map((empty, k) => empty || k === i) });
    }
    for (let i = 0; i < this.#parts.bodies.length; i++) await this.#instructions(i);
  }

  #tryBody(index: number, spans: readonly Span[]): Promise<boolean> {
    return this.#try({ bodies: this.#parts.bodies.map((old, k) => (k === index ? spans : old)) });
  }

  async #instructions(index: number): Promise<void> {
    for (let size = this.#parts.bodies[index]!.length >> 1; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      // The closing `end` stays.
      for (let at = 0; at + size < this.#parts.bodies[index]!.length; ) {
        const spans = this.#parts.bodies[index]!;
        const shorter = [...spans.slice(0, at), ...spans.slice(at + size)];
        if (!(await this.#tryBody(index, shorter))) at += size;
      }
    }
  }
}

/** The smallest module found for which `interesting` holds; it holds for the one given. */
export async function reduce(bytes: Uint8Array, interesting: Interesting): Promise<Uint8Array> {
  let module: Module;
  try {
    module = decode(bytes, { features: ALL_FEATURES });
    const reducer = new Reducer(module, interesting);
    await reducer.run();
    return reducer.best;
  } catch {
    return bytes;
  }
}
