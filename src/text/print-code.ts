// Instructions as text, one line each, by the immediate kinds of the opcode table. Refuses to fold them into expressions.
import { BRANCH_HINT_SECTION } from '../binary/branch-hints.js';
import { BLOCK_EMPTY, BLOCK_VALUE, CATCH_REF, type CodeReader } from '../binary/code-reader.js';
import type { NameMap } from '../binary/name-section.js';
import type { Module, Span } from '../wasm/module.js';
import { type ImmediateKind, opcodeRow } from '../wasm/opcodes.js';
import { heapTypeName } from '../wasm/type-names.js';
import * as t from '../wasm/types.js';
import { f32Text, f64Text, int64Text } from './literals.js';
import type { PrintNames, Space } from './printed-names.js';

/** Deeper code is not indented further: with a hostile module, the text would grow with the square of the depth. */
const MAX_INDENT = 40;

const CATCH_WORDS = ['catch', 'catch_ref', 'catch_all', 'catch_all_ref'];

/** Immediates that are an index into a space of the module. */
const SPACE_OF: Partial<Record<ImmediateKind, Space>> = {
  func: 'functions',
  type: 'types',
  table: 'tables',
  memory: 'memories',
  global: 'globals',
  tag: 'tags',
  data: 'data',
  elem: 'elements',
};

export class CodePrinter {
  readonly #module: Module;
  readonly #names: PrintNames;
  readonly #reader: CodeReader;
  /** Whether a branch is likely, by its offset. */
  readonly #hints: ReadonlyMap<number, boolean>;

  constructor(module: Module, names: PrintNames, reader: CodeReader, hints: ReadonlyMap<number, boolean>) {
    this.#hints = hints;
    this.#module = module;
    this.#names = names;
    this.#reader = reader;
  }

  /** Returns a constant expression on one line, without its `end`. */
  expression({ start, end }: Span): string {
    const parts: string[] = [];
    this.#reader.seek(start, end);
    while (this.#reader.next() >= 0) parts.push(this.instruction());
    return parts.slice(0, -1).join(' ');
  }

  /** Adds the lines of a body, one per instruction, without its last `end`. */
  body({ start, end }: Span, locals: NameMap, lines: string[]): void {
    const reader = this.#reader;
    reader.seek(start, end);
    let depth = 2;
    for (let op = reader.next(); op >= 0; op = reader.next()) {
      const { control } = opcodeRow(reader.name);
      if (control === 'close') depth--;
      const indent = '  '.repeat(Math.min(control === 'next' ? depth - 1 : depth, MAX_INDENT));
      const likely = this.#hints.get(reader.start);
      if (likely !== undefined) lines.push(`${indent}(@${BRANCH_HINT_SECTION} "\\0${likely ? 1 : 0}")`);
      lines.push(indent + this.instruction(locals));
      if (control === 'open') depth++;
    }
    lines.pop();
  }

  /** Returns the text of the instruction that the reader read last. */
  instruction(locals?: NameMap): string {
    const { name } = this.#reader;
    const { imm = [], text = name, reversed, nullable } = opcodeRow(name);
    const operands = imm.map((kind, place) => this.#immediate(kind, place, locals));
    if (nullable !== undefined) return `${text} ${this.#ref(this.#reader.heap, nullable)}`;
    // The type of an instruction that names a table is the one that the function found there must have.
    if (imm.includes('table') && imm[0] === 'type') operands[0] = `(type ${operands[0]})`;
    if (reversed) operands.reverse();
    return [text, ...operands.filter((operand) => operand !== '')].join(' ');
  }

  #immediate(kind: ImmediateKind, place: number, locals: NameMap | undefined): string {
    const reader = this.#reader;
    const index = place === 0 ? reader.index : reader.index2;
    const space = SPACE_OF[kind];
    if (space !== undefined) return this.#names.use(space, index);
    switch (kind) {
      case 'local':
        return locals?.get(index) ?? String(index);
      case 'label':
        return String(reader.index);
      case 'field':
      case 'u32':
        return String(index);
      case 'blocktype':
        return this.#blockType();
      case 'labels':
        return reader.labels.subarray(0, reader.labelCount + 1).join(' ');
      case 'catches':
        return this.#catches();
      case 'memarg':
        return this.#memarg();
      case 'valtypes':
        return `(result${reader.valTypes.map((type) => ` ${this.#names.type(type)}`).join('')})`;
      case 'heaptype':
        return place === 0 ? this.#heap(reader.heap) : this.#castType(place);
      case 'lane':
        return String(reader.lane);
      case 'lanes16':
        return reader.bytes.subarray(reader.vectorAt, reader.vectorAt + 16).join(' ');
      case 'v128':
        return `i8x16 ${reader.bytes.subarray(reader.vectorAt, reader.vectorAt + 16).join(' ')}`;
      case 'i32':
        return String(reader.low);
      case 'i64':
        return int64Text(reader.low, reader.high);
      case 'f32':
        return f32Text(reader.low, reader.f32);
      case 'f64':
        return f64Text(reader.low, reader.high, reader.f64);
      default:
        return '';
    }
  }

  #heap(heap: t.HeapType): string {
    return heapTypeName(heap, (index) => this.#names.use('types', index));
  }

  #ref(heap: t.HeapType, nullable: boolean): string {
    return this.#names.type(t.refType(heap, nullable));
  }

  /** Returns a type of br_on_cast: its third and fourth immediates with the flags of the first. */
  #castType(place: number): string {
    const { heap, heap2, castFlags } = this.#reader;
    return place === 2 ? this.#ref(heap, (castFlags & 1) !== 0) : this.#ref(heap2, (castFlags & 2) !== 0);
  }

  #blockType(): string {
    const { blockKind, blockValue, index } = this.#reader;
    if (blockKind === BLOCK_EMPTY) return '';
    if (blockKind === BLOCK_VALUE) return `(result ${this.#names.type(blockValue)})`;
    // The assembler writes the short form if there is one, so it is printed the same way.
    const composite = this.#module.types[index]?.composite;
    if (composite?.kind === 'func' && composite.params.length === 0 && composite.results.length < 2) {
      return composite.results.map((type) => `(result ${this.#names.type(type)})`).join('');
    }
    return `(type ${this.#names.use('types', index)})`;
  }

  #catches(): string {
    const { catchKinds, catchTags, catchLabels } = this.#reader;
    return catchKinds
      .map((kind, i) => {
        const tag = kind <= CATCH_REF ? ` ${this.#names.use('tags', catchTags[i]!)}` : '';
        return `(${CATCH_WORDS[kind]}${tag} ${catchLabels[i]})`;
      })
      .join(' ');
  }

  #memarg(): string {
    const { index, align, offsetLow, offsetHigh, name } = this.#reader;
    const parts: string[] = [];
    if (index !== 0) parts.push(this.#names.use('memories', index));
    if ((offsetLow | offsetHigh) !== 0) {
      parts.push(`offset=${(BigInt(offsetHigh >>> 0) << 32n) | BigInt(offsetLow >>> 0)}`);
    }
    if (1 << align !== opcodeRow(name).bytes) parts.push(`align=${1n << BigInt(align)}`);
    return parts.join(' ');
  }
}
