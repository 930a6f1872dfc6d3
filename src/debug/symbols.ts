// What functions and instructions of a module are called in its source: names as programmers wrote them, files and lines. Everything is read when it is
// first asked for. Refuses nothing: what the module does not say is missing.

import { quote } from '../base/quote.js';
import { functionName, moduleNames } from '../binary/name-section.js';
import type { Module } from '../wasm/module.js';
import { demangled } from './demangle.js';
import { readLines } from './dwarf-lines.js';
import type { LineTable, SourceLine } from './line-table.js';

export class Symbols {
  readonly module: Module;
  readonly #given: LineTable | undefined;
  readonly #names = new Map<number, string>();
  #lines: LineTable | undefined;

  /** @param lines of a source map, for modules without DWARF */
  constructor(module: Module, lines?: LineTable) {
    this.module = module;
    this.#given = lines;
  }
  get lines(): LineTable {
    if (this.#lines === undefined) {
      const own = readLines(this.module);
      this.#lines = own.isEmpty && this.#given ? this.#given : own;
    }
    return this.#lines;
  }
  /** The function's name, demangled. */
  name(index: number): string {
    let name = this.#names.get(index);
    if (name === undefined) {
      const raw = moduleNames(this.module).functions.get(index);
      name = raw === undefined ? functionName(this.module, index) : quote(demangled(raw));
      this.#names.set(index, name);
    }
    return name;
  }
  /** The first line of a function; undefined where it is not known. */
  firstLine(index: number): SourceLine | undefined {
    const body = this.module.functions[index - this.#imported];
    return body && this.lines.firstIn(body.code.start, body.code.end);
  }
  /** The line of an instruction. @param offset in the module */
  line(offset: number): SourceLine | undefined {
    return offset < 0 ? undefined : this.lines.at(offset);
  }
  get #imported(): number {
    return this.module.imports.filter(({ description }) => description.kind === 'func').length;
  }
}
