// One module, decoded and validated, as the page shows it: names are quoted and cut, lists come in parts. Refuses what the decoder and the validator
// refuse, with the bytes around the fault and what to do.
import { LONGEST_NAME, quote } from '#src/base/quote.js';
import { type SourceFrame, sourceFrames } from '#src/debug/source-frames.js';
import { type ExternType, externText } from '#src/embed/module/introspection.js';
import { decode, print, typeName, type ValidatedModule, validate } from '#src/entry/binary.js';
import { isWasiModuleName } from '#src/imports/wasi/module-names.js';
import { sectionRows } from '#src/text/section-rows.js';
import { EnclasmError, type Frame, InvalidError, MalformedError } from '#src/wasm/errors.js';
import type { Entry, ExternRow, Range, Refusal, Summary } from '../messages.js';

const MOST_TYPE_CHARS = 300;
const MOST_LINE_CHARS = 2_000;
const MOST_ENTRIES = 1_000;
/** The functions that a program begins with, as `executeMain` looks for them. */
const MAINS = ['_start', 'main', '__main_argc_argv'];

export function openModule(bytes: Uint8Array): OpenModule | Refusal {
  try {
    return new OpenModule(validate(decode(bytes)));
  } catch (error) {
    return refusalOf(error, bytes);
  }
}

/** A name of the module's own as text that can be shown: printable, and cut. */
function shown(name: string): string {
  const { length } = name;
  return length > LONGEST_NAME ? `${quote(name)} (${length.toLocaleString('en')} characters)` : quote(name);
}

export class OpenModule {
  readonly #module: ValidatedModule;
  #text = '';
  /** Where each line of the text begins, and where the last one ends. */
  #starts = new Uint32Array(0);

  constructor(module: ValidatedModule) {
    this.#module = module;
  }
  get summary(): Summary {
    const module = this.#module;
    const { imports, exports, functions, usedFeatures, spaces } = module;
    const functionExports = exports.flatMap(({ kind }, index) => (kind === 'func' ? [index] : []));
    const memory = spaces.memories[0];
    return {
      bytes: module.bytes.length,
      functions: functions.length,
      imports: imports.length,
      exports: exports.length,
      memory: memory && `${memory.limits.min} to ${memory.limits.max ?? 'any number of'} pages`,
      features: [...usedFeatures],
      sections: sectionRows(module),
      isProgram: functionExports.some((index) => MAINS.includes(exports[index]!.name)),
      isWasi: imports.some((one) => isWasiModuleName(one.module)),
      entries: functionExports.slice(0, MOST_ENTRIES).map((index) => this.#entry(index)),
      moreEntries: Math.max(0, functionExports.length - MOST_ENTRIES),
    };
  }
  #entry(index: number): Entry {
    const { name, index: func } = this.#module.exports[index]!;
    const { params } = this.#module.spaces.functions[func]!;
    return { index, name: shown(name), params: params.map((param) => typeName(param)) };
  }
  exportName(index: number): string {
    return this.#module.exports[index]!.name;
  }
  imports({ from, to }: Range): ExternRow[] {
    const { spaces } = this.#module;
    return this.#module.imports.slice(from, to).map(({ module, name, description }) => {
      const { kind } = description;
      const type =
        kind === 'func'
          ? spaces.funcType(description.typeIndex)
          : kind === 'tag'
            ? spaces.funcType(description.type.typeIndex)
            : description.type;
      return row(`${shown(module)}.${shown(name)}`, { kind, type } as ExternType);
    });
  }
  exports({ from, to }: Range): ExternRow[] {
    const { spaces } = this.#module;
    const typeOf = {
      func: (index: number) => spaces.functions[index],
      table: (index: number) => spaces.tables[index],
      memory: (index: number) => spaces.memories[index],
      global: (index: number) => spaces.globals[index],
      tag: (index: number) => spaces.funcType(spaces.tags[index]!.typeIndex),
    };
    return this.#module.exports
      .slice(from, to)
      .map(({ name, kind, index }) => row(shown(name), { kind, type: typeOf[kind](index) } as ExternType));
  }
  frames(frames: readonly Frame[]): SourceFrame[] {
    return sourceFrames(frames, this.#module.bytes);
  }

  /** Makes the text. @returns how many lines it has */
  print(): number {
    if (this.#starts.length === 0) {
      this.#text = print(this.#module);
      const starts = [0];
      for (let at = this.#text.indexOf('\n'); at >= 0; at = this.#text.indexOf('\n', at + 1)) starts.push(at + 1);
      if (starts.at(-1) !== this.#text.length) starts.push(this.#text.length + 1);
      this.#starts = Uint32Array.from(starts);
    }
    return this.#starts.length - 1;
  }
  lines({ from, to }: Range): string[] {
    const starts = this.#starts;
    const lines: string[] = [];
    for (let i = from; i < Math.min(to, starts.length - 1); i++) {
      const [start, end] = [starts[i]!, starts[i + 1]! - 1];
      const line = this.#text.slice(start, Math.min(end, start + MOST_LINE_CHARS));
      const rest = end - start - MOST_LINE_CHARS;
      lines.push(rest > 0 ? `${line}… (${rest.toLocaleString('en')} more)` : line);
    }
    return lines;
  }
}

function row(name: string, type: ExternType): ExternRow {
  return { kind: type.kind, name, type: externText(type).slice(0, MOST_TYPE_CHARS) };
}

// ---- what is no module ----

const AROUND_BYTES = 32;

function refusalOf(error: unknown, bytes: Uint8Array): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  const offset = error instanceof MalformedError || error instanceof InvalidError ? error.offset : -1;
  const from = Math.max(0, (offset & ~15) - AROUND_BYTES);
  const at = offset < 0 ? undefined : { offset, from, bytes: bytes.slice(from, from + 2 * AROUND_BYTES + 16) };
  const kind = error instanceof EnclasmError ? error.kind : 'internal';
  const known = ADVICE[kind] ?? { title: 'This module cannot be read', advice: 'Please report it, with the file.' };
  return { ...known, advice: (kind === 'malformed' && otherFile(bytes)) || known.advice, message, at };
}

const ADVICE: Readonly<Record<string, Pick<Refusal, 'title' | 'advice'>>> = {
  malformed: {
    title: 'This is not a WebAssembly module',
    advice: 'Was the file damaged or cut on its way? A module begins with the bytes 00 61 73 6d 01 00 00 00.',
  },
  invalid: {
    title: 'This module is not valid',
    advice: 'It has the form of a module, but must not run: build it again.',
  },
  limit: { title: 'This module is too large', advice: 'The inspector reads modules of up to 128 MiB.' },
};

/** What a file is that was taken for a module, by its first bytes. */
const FIRST_BYTES: readonly (readonly [start: readonly number[], advice: string])[] = [
  [[0x28], 'It looks like the text format: assemble it first (wat2wasm, or `enclasm compile`).'],
  [[0x3c], 'It looks like a page or XML: did a server answer with an error page?'],
  [[0x50, 0x4b], 'It looks like a zip archive: unpack it first.'],
  [[0x1f, 0x8b], 'It looks like a gzip file: unpack it first.'],
  [[0x7f, 0x45, 0x4c, 0x46], 'It looks like a native program for Linux: compile it for wasm32-wasi instead.'],
];
function otherFile(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'The file is empty.';
  return FIRST_BYTES.find(([start]) => start.every((byte, i) => bytes[i] === byte))?.[1];
}
