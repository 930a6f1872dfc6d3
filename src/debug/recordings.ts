// What embedders use: a recorder makes an observer for `InstantiateOptions.observe`, and afterwards the text of a file. Refuses nothing: a guest that
// never ran gives an empty profile.
import type { Observer } from '../runtime/observer.js';
import type { Module } from '../wasm/module.js';
import { CallRecorder, type ProfileUnit } from './call-tree.js';
import { lcovText, PlaceCounter } from './coverage.js';
import type { LineTable } from './line-table.js';
import { type ProfileFormat, profileText } from './profile.js';
import { readSourceMap, sourceMapOf } from './source-map.js';
import { Symbols } from './symbols.js';

/** How recorders find source maps: gets what the module says of its map (a path or URL), returns the map's text; undefined where there is none. */
export type SourceMapReader = (url: string) => string | undefined;

class SymbolTable {
  readonly #read: SourceMapReader | undefined;
  readonly #known = new Map<Module, Symbols>();

  constructor(read: SourceMapReader | undefined) {
    this.#read = read;
  }
  of(module: Module): Symbols {
    let symbols = this.#known.get(module);
    if (symbols === undefined) this.#known.set(module, (symbols = new Symbols(module, this.#linesOf(module))));
    return symbols;
  }
  #linesOf(module: Module): LineTable | undefined {
    const url = this.#read && sourceMapOf(module);
    const text = url === undefined ? undefined : this.#read!(url);
    return text === undefined ? undefined : readSourceMap(text);
  }
}

/** Records a profile: which functions used the fuel or the time, by the paths that led to them. */
export class Profiler {
  /** For `InstantiateOptions.observe`; several instances may have it. Fuel needs `metered: true`. */
  readonly observer: Observer;
  readonly #recorder: CallRecorder;
  readonly #symbols: SymbolTable;

  /**
   * Makes a recorder of calls.
   * @param unit fuel is exact and the same in each run and each mode
   * @param readSourceMap for lines of modules without DWARF
   */
  constructor(unit: ProfileUnit = 'fuel', readSourceMap?: SourceMapReader) {
    this.#recorder = new CallRecorder(unit);
    this.#symbols = new SymbolTable(readSourceMap);
    this.observer = this.#recorder.observer;
  }
  /**
   * Returns the profile so far as the text of a file.
   * @param program a title
   */
  text(format: ProfileFormat, program = 'enclasm'): string {
    return profileText(this.#recorder, format, ({ thread }) => this.#symbols.of(thread.module), program);
  }
}

/** Records which source lines run. */
export class CoverageRecorder {
  /** For `InstantiateOptions.observe`; several instances may have it. */
  readonly observer: Observer;
  readonly #counter = new PlaceCounter();
  readonly #symbols: SymbolTable;

  /** Makes a recorder of places. @param readSourceMap for lines of modules without DWARF */
  constructor(readSourceMap?: SourceMapReader) {
    this.#symbols = new SymbolTable(readSourceMap);
    this.observer = this.#counter.observer;
  }
  /** Returns the coverage so far as an lcov file; empty where modules say nothing of their lines. */
  lcov(): string {
    return [...this.#counter.modules]
      .map(([module, places]) => lcovText(module, places, this.#symbols.of(module)))
      .join('');
  }
}
