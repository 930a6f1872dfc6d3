// Module -> text format, which assemblers read back to an equivalent module. It has one form for everything: it refuses to fold, to write imports
// and exports inline, and to name labels and fields.
import { BRANCH_HINT_SECTION, branchHintsByOffset } from '../binary/branch-hints.js';
import { CodeReader } from '../binary/code-reader.js';
import type { ElementSegment, ExternKind, ImportDescription, Module, SegmentMode } from '../wasm/module.js';
import type * as t from '../wasm/types.js';
import { quote, quoteBytes } from './literals.js';
import { CodePrinter } from './print-code.js';
import { PrintNames, type Space } from './printed-names.js';

const SPACES: Readonly<Record<ExternKind, Space>> = {
  func: 'functions',
  table: 'tables',
  memory: 'memories',
  global: 'globals',
  tag: 'tags',
};

/**
 * Returns the module as text. Identifiers come from the name section if they are valid and unique.
 * @throws MalformedError if a body is not made of instructions; validate first to exclude that
 */
export function print(module: Module): string {
  return new Printer(module).print();
}

class Printer {
  readonly #module: Module;
  readonly #names: PrintNames;
  readonly #code: CodePrinter;
  readonly #hints: ReadonlyMap<number, boolean>;
  readonly #lines: string[] = [];
  /** The next index of each space. */
  readonly #next: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 };

  constructor(module: Module) {
    this.#module = module;
    this.#names = new PrintNames(module);
    // A malformed section is printed unchanged.
    this.#hints = branchHintsByOffset(module);
    this.#code = new CodePrinter(module, this.#names, new CodeReader(module.bytes), this.#hints);
  }

  print(): string {
    const module = this.#module;
    this.#lines.push(`(module${this.#names.module}`);
    this.#types();
    for (const one of module.imports) {
      const description = this.#importDescription(one.description);
      this.#line(`(import ${quote(one.module)} ${quote(one.name)} (${description}))`);
    }
    for (const { type, init } of module.tables) {
      this.#line(`(${this.#table(type)}${init === undefined ? '' : ` ${this.#code.expression(init)}`})`);
    }
    for (const type of module.memories) this.#line(`(${this.#memory(type)})`);
    for (const type of module.tags) this.#line(`(${this.#tag(type)})`);
    for (const { type, init } of module.globals) this.#line(`(${this.#global(type)} ${this.#code.expression(init)})`);
    for (const { name, kind, index } of module.exports) {
      this.#line(`(export ${quote(name)} (${kind} ${this.#names.use(SPACES[kind], index)}))`);
    }
    if (module.start !== undefined) this.#line(`(start ${this.#names.use('functions', module.start)})`);
    for (const [index, segment] of module.elements.entries()) this.#element(segment, index);
    this.#functions();
    module.dataSegments.forEach(({ mode, bytes }, index) => {
      const text = quoteBytes(module.bytes, bytes.start, bytes.end);
      this.#line(`(data ${this.#names.define('data', index)}${this.#mode(mode, 'memory')} ${text})`);
    });
    this.#customSections();
    this.#lines.push(')', '');
    return this.#lines.join('\n');
  }

  #line(text: string): void {
    this.#lines.push(`  ${text}`);
  }

  /** Begins the next definition of a kind with its keyword, identifier and index. */
  #define(kind: ExternKind): string {
    return `${kind} ${this.#names.define(SPACES[kind], this.#next[kind]++)}`;
  }

  // ---- types ----

  #types(): void {
    const { types, recGroups } = this.#module;
    for (const { start, length } of recGroups) {
      if (length !== 1) this.#line('(rec');
      for (let index = start; index < start + length; index++) {
        this.#line(
          `${length === 1 ? '' : '  '}(type ${this.#names.define('types', index)} ${this.#subType(types[index]!)})`,
        );
      }
      if (length !== 1) this.#line(')');
    }
  }

  #subType({ final, supers, composite }: t.SubType): string {
    const text = this.#composite(composite);
    if (final && supers.length === 0) return text;
    const words = ['sub', ...(final ? ['final'] : []), ...supers.map((index) => this.#names.use('types', index))];
    return `(${words.join(' ')} ${text})`;
  }

  #composite(composite: t.CompositeType): string {
    switch (composite.kind) {
      case 'func':
        return `(func${this.#list('param', composite.params)}${this.#list('result', composite.results)})`;
      case 'struct':
        return `(struct${composite.fields.map((field) => ` (field ${this.#mutable(field)})`).join('')})`;
      case 'array':
        return `(array ${this.#mutable(composite.element)})`;
    }
  }

  #list(word: string, types: readonly t.ValType[]): string {
    return types.length === 0 ? '' : ` (${word} ${types.map((type) => this.#names.type(type)).join(' ')})`;
  }

  #mutable({ type, mutable }: t.FieldType): string {
    return mutable ? `(mut ${this.#names.type(type)})` : this.#names.type(type);
  }

  #limits({ min, max }: t.Limits, address: t.AddressType): string {
    return `${address === 'i64' ? 'i64 ' : ''}${min}${max === undefined ? '' : ` ${max}`}`;
  }

  #table({ limits, address, element }: t.TableType): string {
    return `${this.#define('table')} ${this.#limits(limits, address)} ${this.#names.type(element)}`;
  }

  #memory({ limits, address, shared, pageSizeLog2 }: t.MemoryType): string {
    const page = pageSizeLog2 === 16 ? '' : ` (pagesize ${2 ** pageSizeLog2})`;
    return `${this.#define('memory')} ${this.#limits(limits, address)}${shared ? ' shared' : ''}${page}`;
  }

  #global(type: t.GlobalType): string {
    return `${this.#define('global')} ${this.#mutable(type)}`;
  }

  #tag({ typeIndex }: t.TagType): string {
    return `${this.#define('tag')} (type ${this.#names.use('types', typeIndex)})`;
  }

  #importDescription(description: ImportDescription): string {
    switch (description.kind) {
      case 'func':
        return `${this.#define('func')} (type ${this.#names.use('types', description.typeIndex)})`;
      case 'table':
        return this.#table(description.type);
      case 'memory':
        return this.#memory(description.type);
      case 'global':
        return this.#global(description.type);
      case 'tag':
        return this.#tag(description.type);
    }
  }

  // ---- functions and segments ----

  #functions(): void {
    for (const { typeIndex, locals, code } of this.#module.functions) {
      const functionIndex = this.#next.func;
      const names = this.#names.locals(functionIndex);
      const composite = this.#module.types[typeIndex]?.composite;
      const { params, results } = composite?.kind === 'func' ? composite : { params: [], results: [] };
      let local = 0;
      const named = (word: string, type: t.ValType): string => {
        const name = names.get(local++);
        return ` (${word} ${name === undefined ? '' : `${name} `}${this.#names.type(type)})`;
      };
      const header = `${this.#define('func')} (type ${this.#names.use('types', typeIndex)})`;
      const paramText = params.map((type) => named('param', type)).join('');
      this.#line(`(${header}${paramText}${this.#list('result', results)}`);
      const localTexts: string[] = [];
      for (const { count, type } of locals) for (let i = 0; i < count; i++) localTexts.push(named('local', type));
      if (localTexts.length > 0) this.#line(` ${localTexts.join('')}`);
      this.#code.body(code, names, this.#lines);
      this.#line(')');
    }
  }

  #mode(mode: SegmentMode, word: 'table' | 'memory'): string {
    if (mode.kind !== 'active') return mode.kind === 'declarative' ? ' declare' : '';
    const target = this.#names.use(SPACES[word], mode.index);
    return ` (${word} ${target}) (offset ${this.#code.expression(mode.at)})`;
  }

  #element({ mode, items, type }: ElementSegment, index: number): void {
    const content =
      items.kind === 'functions'
        ? `func${[...items.indices].map((one) => ` ${this.#names.use('functions', one)}`).join('')}`
        : this.#names.type(type) + items.expressions.map((one) => ` (item ${this.#code.expression(one)})`).join('');
    this.#line(`(elem ${this.#names.define('elements', index)}${this.#mode(mode, 'table')} ${content})`);
  }

  /** Names are printed as identifiers, branch hints as annotations; other sections are printed unchanged in the place where tools expect them. */
  #customSections(): void {
    for (const { name, bytes } of this.#module.customSections) {
      if (name === 'name' || (name === BRANCH_HINT_SECTION && this.#hints.size > 0)) continue;
      const place = name.startsWith('metadata.code.')
        ? 'before code'
        : name === 'dylink.0'
          ? 'before first'
          : 'after last';
      this.#line(`(@custom ${quote(name)} (${place}) ${quoteBytes(this.#module.bytes, bytes.start, bytes.end)})`);
    }
  }
}
