// Reads which lines instructions come from out of DWARF: the line programs of .debug_line, versions 2 to 5, as compilers write them into modules.
// Refuses nothing: what is damaged or of another version ends the reading, and the lines up to there are used.
import type { Module } from '../wasm/module.js';
import { type LineRow, LineTable, type SourceLine } from './line-table.js';
import { type SectionReader, sectionNamed } from './section-reader.js';

// Forms of DWARF 5 that file tables use.
const FORM = {
  block: 0x09,
  data1: 0x0b,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  data16: 0x1e,
  string: 0x08,
  udata: 0x0f,
  strp: 0x0e,
  lineStrp: 0x1f,
} as const;
const CONTENT = { path: 1, directory: 2 } as const;
/** The most rows that are kept: a program can say a lot with few bytes. */
const MOST_ROWS = 4_000_000;
const MOST_FILES = 100_000;

/** The offset in the module from which DWARF counts addresses: where the contents of the code section begin. */
function codeStart({ bytes, functions }: Module): number {
  const first = functions[0];
  if (first === undefined) return 0;
  // Sections are an id, a length and contents; the code section is the one in which the first function lies.
  for (let at = 8; at < bytes.length; ) {
    at++;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (first.code.start < at + length) return at;
    at += length;
  }
  return 0;
}

/** Returns an empty table where the module has no lines. */
export function readLines(module: Module): LineTable {
  const rows: LineRow[] = [];
  const section = sectionNamed(module, '.debug_line');
  if (section === undefined) return new LineTable(rows);
  const start = codeStart(module);
  try {
    while (!section.atEnd && rows.length < MOST_ROWS) {
      const length = section.u32();
      // 0xffffffff begins the 64-bit format, which no compiler writes for 32-bit addresses.
      if (length >= 0xffff_fff0) break;
      new LineProgram(module, section.part(length), rows, start).run();
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return new LineTable(rows);
}

interface FileEntry {
  readonly name: string;
  readonly directory: number;
}

class LineProgram {
  readonly #module: Module;
  readonly #reader: SectionReader;
  readonly #rows: LineRow[];
  readonly #start: number;
  readonly #directories: string[] = [];
  readonly #files: FileEntry[] = [];
  readonly #lines = new Map<string, SourceLine>();
  #version = 0;

  constructor(module: Module, reader: SectionReader, rows: LineRow[], start: number) {
    this.#module = module;
    this.#reader = reader;
    this.#rows = rows;
    this.#start = start;
  }

  run(): void {
    const reader = this.#reader;
    this.#version = reader.u16();
    if (this.#version < 2 || this.#version > 5) return;
    if (this.#version >= 5) reader.skip(2);
    const headerLength = reader.u32();
    const program = reader.pos + headerLength;
    const minInstruction = reader.u8();
    if (this.#version >= 4) reader.u8();
    reader.u8();
    const lineBase = reader.i8();
    const lineRange = reader.u8();
    const opcodeBase = reader.u8();
    const operandCounts = Array.from({ length: Math.max(0, opcodeBase - 1) }, () => reader.u8());
    if (lineRange === 0) return;
    if (this.#version >= 5) this.#tables5();
    else this.#tables();
    reader.pos = program;
    this.#statements({ minInstruction, lineBase, lineRange, opcodeBase, operandCounts });
  }

  #tables(): void {
    const reader = this.#reader;
    this.#directories.push('');
    for (let name = reader.text(); name !== ''; name = reader.text()) this.#directories.push(name);
    // Files are numbered from 1.
    this.#files.push({ name: '', directory: 0 });
    for (let name = reader.text(); name !== ''; name = reader.text()) {
      this.#files.push({ name, directory: reader.unsigned() });
      reader.unsigned();
      reader.unsigned();
    }
  }
  #tables5(): void {
    this.#directories.push(...this.#entries5().map(({ name }) => name));
    this.#files.push(...this.#entries5());
  }
  #entries5(): FileEntry[] {
    const reader = this.#reader;
    const formats = Array.from({ length: reader.u8() }, () => [reader.unsigned(), reader.unsigned()] as const);
    const count = reader.unsigned();
    const entries: FileEntry[] = [];
    if (count > MOST_FILES) throw new RangeError('too many files');
    for (let i = 0; i < count; i++) {
      let name = '';
      let directory = 0;
      for (const [content, form] of formats) {
        const value = this.#form(form);
        if (content === CONTENT.path) name = String(value);
        else if (content === CONTENT.directory) directory = Number(value);
      }
      entries.push({ name, directory });
    }
    return entries;
  }
  #form(form: number): string | number {
    const reader = this.#reader;
    switch (form) {
      case FORM.string:
        return reader.text();
      case FORM.lineStrp:
        return this.#textIn('.debug_line_str', reader.u32());
      case FORM.strp:
        return this.#textIn('.debug_str', reader.u32());
      case FORM.udata:
        return reader.unsigned();
      case FORM.data1:
        return reader.u8();
      case FORM.data2:
        return reader.u16();
      case FORM.data4:
        return reader.u32();
      case FORM.data8:
        return reader.u64();
      case FORM.data16:
        reader.skip(16);
        return 0;
      case FORM.block:
        reader.skip(reader.unsigned());
        return 0;
      default:
        throw new RangeError(`form ${form} is not known`);
    }
  }
  #textIn(name: string, offset: number): string {
    const section = sectionNamed(this.#module, name);
    if (section === undefined) return '';
    section.pos = offset;
    return section.text();
  }

  #statements({
    minInstruction,
    lineBase,
    lineRange,
    opcodeBase,
    operandCounts,
  }: {
    readonly minInstruction: number;
    readonly lineBase: number;
    readonly lineRange: number;
    readonly opcodeBase: number;
    readonly operandCounts: readonly number[];
  }): void {
    const reader = this.#reader;
    let address = 0;
    let file = 1;
    let line = 1;
    const sequence: LineRow[] = [];
    const row = (known: boolean): void => {
      sequence.push({ offset: this.#start + address, line: known ? this.#line(file, line) : undefined });
    };
    const endSequence = (): void => {
      row(false);
      // Functions that the linker has removed are left at address 0, or at the largest one.
      const first = sequence[0]!.offset;
      if (first > this.#start && first < this.#module.bytes.length) for (const one of sequence) this.#rows.push(one);
      sequence.length = 0;
      address = 0;
      file = line = 1;
    };
    while (!reader.atEnd && this.#rows.length + sequence.length < MOST_ROWS) {
      const op = reader.u8();
      if (op >= opcodeBase) {
        const adjusted = op - opcodeBase;
        address += Math.floor(adjusted / lineRange) * minInstruction;
        line += lineBase + (adjusted % lineRange);
        row(true);
        continue;
      }
      switch (op) {
        case 0: {
          const part = reader.part(reader.unsigned());
          const extended = part.u8();
          if (extended === 1) endSequence();
          else if (extended === 2) address = part.u32();
          break;
        }
        case 1:
          row(true);
          break;
        case 2:
          address += reader.unsigned() * minInstruction;
          break;
        case 3:
          line += reader.signed();
          break;
        case 4:
          file = reader.unsigned();
          break;
        case 8:
          address += Math.floor((255 - opcodeBase) / lineRange) * minInstruction;
          break;
        case 9:
          address += reader.u16();
          break;
        default:
          for (let i = operandCounts[op - 1] ?? 0; i > 0; i--) reader.unsigned();
      }
    }
  }
  /** Line 0 means that the code comes from no line. */
  #line(file: number, line: number): SourceLine | undefined {
    const entry = this.#files[file];
    if (entry === undefined || entry.name === '' || line <= 0) return undefined;
    const key = `${file} ${line}`;
    let known = this.#lines.get(key);
    if (known === undefined) {
      known = { file: this.#path(entry), line };
      this.#lines.set(key, known);
    }
    return known;
  }
  #path({ name, directory }: FileEntry): string {
    if (name.startsWith('/')) return name;
    const inside = this.#directories[directory] ?? '';
    const base =
      inside.startsWith('/') || directory === 0 || this.#version < 5
        ? inside
        : joined(this.#directories[0] ?? '', inside);
    return joined(base, name);
  }
}

function joined(directory: string, name: string): string {
  return directory === '' ? name : `${directory.replace(/\/$/, '')}/${name}`;
}
