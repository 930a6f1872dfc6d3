// Translates a validated module into the bytes of one that does the same under limits. The module's own memories become imports, so that each
// instance gets one of its own size. The start function is left to the caller. Exports are addressed by index, under names that the instrumentation
// chooses (hooks.ts).
import { branchHintsByOffset } from '../binary/branch-hints.js';
import { CodeReader } from '../binary/code-reader.js';
import { encode } from '../binary/encode.js';
import type {
  Export,
  ExternKind,
  Import,
  IndexSpaces,
  LocalRun,
  Module,
  SegmentMode,
  Span,
  ValidatedModule,
} from '../wasm/module.js';
import { slotOf } from '../wasm/opcode-slots.js';
import { OPCODES } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import { AddedFunctions } from './added-functions.js';
import { AddedTypes } from './added-types.js';
import { Code, ZERO } from './code-writer.js';
import { type Conventions, chooseConventions } from './conventions.js';
import { OP_FLAGS, prepareFlags, TRAPS } from './flags.js';
import { NAMES, nameSection, type Places } from './hooks.js';
import type { InstrumentOptions } from './instrument-options.js';
import { type FunctionPlan, Planner } from './plan.js';
import { FunctionRewriter, type WrittenFunction } from './rewrite.js';
import type { Surroundings } from './rewritten-function.js';
import { chooseUnrolling } from './unrolling.js';

class Blueprint implements Surroundings {
  readonly module: ValidatedModule;
  readonly options: InstrumentOptions;
  readonly spaces: IndexSpaces;
  readonly plans: readonly FunctionPlan[];
  readonly copies: readonly Uint8Array[];
  readonly conventions: Conventions;
  readonly referenced: readonly number[];
  readonly places: Places;
  readonly types: AddedTypes;
  readonly added: AddedFunctions;
  readonly branchHints: ReadonlyMap<number, boolean>;

  constructor(module: ValidatedModule, options: InstrumentOptions) {
    this.module = module;
    this.options = options;
    this.spaces = module.spaces;
    prepareFlags();
    const planner = new Planner(module, options);
    this.plans = module.functions.map((body) => planner.plan(body));
    this.copies = chooseUnrolling(module, this.plans, options);
    this.referenced = referencedFunctions(module);
    this.conventions = chooseConventions(module, this.plans, this.referenced, options);
    const globals = this.spaces.globals.length;
    this.places = {
      left: globals,
      depth: globals + 1,
      lastIndex: globals + 2,
      stack: globals + 3,
      hookTable: this.spaces.tables.length,
      firstAdded: this.conventions.end,
    };
    this.types = new AddedTypes(module);
    this.added = new AddedFunctions(this.places, this.types, options);
    this.branchHints = branchHintsByOffset(module);
  }
  get memories(): readonly t.MemoryType[] {
    return this.spaces.memories;
  }
  get tables(): readonly t.TableType[] {
    return this.spaces.tables;
  }
  get tags(): readonly t.TagType[] {
    return this.spaces.tags;
  }
}

/** Writes the module's functions in the order of the emitted module. Added types and functions receive their indices as they are needed. */
function writeFunctions(env: Blueprint, rewriter: FunctionRewriter, done: (written: WrittenFunction) => void): void {
  const wrapped = new Set(env.conventions.wrapped);
  env.module.functions.forEach((_, i) => {
    done(wrapped.has(i) ? rewriter.writeWrapper(i) : rewriter.write(i));
  });
  for (const i of env.conventions.wrapped) done(rewriter.write(i));
}

/** @param name appears in the JavaScript engine's stack traces */
export function instrument(module: ValidatedModule, options: InstrumentOptions, name: string): Uint8Array {
  const env = new Blueprint(module, options);
  const { added, types } = env;
  const code = new Code(module.bytes.length * 2 + 1024);
  const rewriter = new FunctionRewriter(env, code);
  const ends: number[] = [];
  const hintEnds: number[] = [];
  const functions: WrittenFunction[] = [];
  writeFunctions(env, rewriter, (written) => {
    functions.push(written);
    ends.push(code.length);
    hintEnds.push(code.hints.length);
  });
  const exports = exportsOf(env, rewriter.maxThreshold);
  const delayed = delaysSegments(module);
  if (delayed) exports.push({ name: NAMES.initialize, kind: 'func', index: added.initializer(module) });
  for (const one of added.list) {
    one.write(code);
    code.end();
    ends.push(code.length);
    const typeIndex = types.index(one.signature.params, one.signature.results);
    functions.push({ typeIndex, locals: one.locals.map((type): LocalRun => ({ count: 1, type })) });
  }
  if (added.usesHooks) exports.push({ name: NAMES.hooks, kind: 'table', index: env.places.hookTable });
  const bytes = encode(delayed ? withPassiveSegments(module) : module, {
    types: types.types,
    recGroups: types.recGroups,
    imports: importsOf(module),
    memories: [],
    tables: [...module.tables, { type: hookTableType(added.hookCount), init: undefined }],
    globals: [...module.globals, counter(), counter(), counter(), ...(options.countsStack ? [counter()] : [])],
    exports,
    start: undefined,
    functions,
    body: (writer, index) => writer.raw(code.bytes, ends[index - 1] ?? 0, ends[index]!),
    branchHints: (index) => {
      const start = ends[index - 1] ?? 0;
      const hints = code.hints.slice(hintEnds[index - 1] ?? 0, hintEnds[index] ?? 0);
      return hints.map(({ offset, likely }) => ({ offset: offset - start, likely }));
    },
  });
  const section = nameSection(name);
  const all = new Uint8Array(bytes.length + section.length);
  all.set(bytes);
  all.set(section, bytes.length);
  return all;
}

/** Maps positions in instrumented code to positions in the original. It makes the code once more, and once again each function that is asked for. */
export class SourceMap {
  readonly #env: Blueprint;
  readonly #wrapped: ReadonlySet<number>;
  readonly #traces = new Map<number, Trace>();
  readonly #reader: CodeReader;

  constructor(module: ValidatedModule, options: InstrumentOptions) {
    this.#env = new Blueprint(module, options);
    this.#reader = new CodeReader(module.bytes, 0, 0);
    this.#wrapped = new Set(this.#env.conventions.wrapped);
    // The encoding of an index grows with the index, so the functions written later must find the same indices.
    writeFunctions(this.#env, new FunctionRewriter(this.#env, new Code(module.bytes.length * 2)), () => {});
  }
  /** Returns the original index of a function that holds code of the module; undefined for imports, wrappers and added functions. */
  originalFunction(emitted: number): number | undefined {
    const { spaces, conventions } = this.#env;
    const position = emitted - spaces.importedFunctions;
    if (position < 0) return undefined;
    if (emitted < spaces.functions.length) return this.#wrapped.has(position) ? undefined : emitted;
    const original = conventions.wrapped[emitted - spaces.functions.length];
    return original === undefined ? undefined : original + spaces.importedFunctions;
  }
  /**
   * Returns the offset in the original module of an instruction. It is -1 if the instruction has none or the position is invalid: some JavaScript
   * engines report wrong ones.
   * @param index the original index of the function @param within from the start of the emitted function, its size not counted
   */
  originalOffset(index: number, within: number): number {
    const { places } = this.#traceOf(index);
    const at = lastAtMost(places, within);
    const offset = at < 0 ? -1 : places[at + 1]! + within - places[at]!;
    return offset >= 0 && this.#beginsInstruction(index, offset) ? offset : -1;
  }
  #beginsInstruction(index: number, offset: number): boolean {
    const { start, end } = this.#env.module.functions[index - this.#env.spaces.importedFunctions]!.code;
    const reader = this.#reader;
    reader.seek(start, end);
    while (reader.pos < offset && reader.pos < end) reader.next();
    return reader.pos === offset && offset < end;
  }
  /**
   * Returns the fuel that was used when an instruction trapped but not yet subtracted from the count in its global.
   * @param index the original index of the function @param within from the start of the emitted function, its size not counted
   */
  pendingAt(index: number, within: number): number {
    const offset = this.originalOffset(index, within);
    if (offset < 0) return 0;
    const reader = this.#reader;
    reader.seek(offset, this.#env.module.bytes.length);
    if ((OP_FLAGS[slotOf(reader.next())]! & TRAPS) === 0) return 0;
    const { pending } = this.#traceOf(index);
    const at = lastAtMost(pending, within);
    return at < 0 ? 0 : pending[at + 1]!;
  }
  #traceOf(index: number): Trace {
    let trace = this.#traces.get(index);
    if (trace === undefined) this.#traces.set(index, (trace = this.#trace(index - this.#env.spaces.importedFunctions)));
    return trace;
  }
  #trace(position: number): Trace {
    const code = new Code();
    const rewriter = new FunctionRewriter(this.#env, code);
    const places: number[] = [];
    const pending: number[] = [];
    rewriter.traceTo(places, pending);
    const { locals } = rewriter.write(position);
    const header = new Code();
    header.vector(locals, ({ count, type }) => {
      header.u32(count);
      header.type(type);
    });
    const behindHeader = (pairs: readonly number[]): number[] =>
      pairs.map((value, i) => (i % 2 === 0 ? value + header.length : value));
    return { places: behindHeader(places), pending: behindHeader(pending) };
  }
}

/** The trace of one function. */
interface Trace {
  /** Pairs of an emitted offset and an original one; between two pairs bytes were copied, or code was added. */
  readonly places: readonly number[];
  /** Pairs of an emitted offset and the amount pending from there on. */
  readonly pending: readonly number[];
}
/** Returns the position of the last pair whose first value is at most `value`, or -1. */
function lastAtMost(pairs: readonly number[], value: number): number {
  if (pairs.length === 0 || pairs[0]! > value) return -1;
  let low = 0;
  let high = pairs.length / 2;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (pairs[middle * 2]! <= value) low = middle;
    else high = middle;
  }
  return low * 2;
}

/**
 * If the active segments of an instance fail, its functions can still be called through the tables that it imported, and need their hooks by then.
 * Therefore the segments wait until the runtime calls the function that copies them.
 */
function delaysSegments(module: ValidatedModule): boolean {
  return module.imports.some(({ description }) => description.kind === 'table');
}
function withPassiveSegments(module: ValidatedModule): Module {
  const passive = <T extends { readonly mode: SegmentMode }>(segment: T): T =>
    segment.mode.kind === 'active' ? { ...segment, mode: { kind: 'passive' } } : segment;
  const count = module.dataSegments.length;
  return {
    ...module,
    elements: module.elements.map(passive),
    dataSegments: module.dataSegments.map(passive),
    dataCount: count > 0 ? count : undefined,
  };
}

function counter(): { readonly type: t.GlobalType; readonly init: Uint8Array } {
  return { type: { type: t.I32, mutable: true }, init: ZERO };
}
function hookTableType(size: number): t.TableType {
  const count = BigInt(size);
  return { limits: { min: count, max: count }, element: t.FUNCREF, address: 'i32', shared: false };
}

/** The maximum for 32-bit addresses; JavaScript engines refuse modules that ask for much more. */
const MOST_PAGES = 65_536n;

/** All imports by position, under one module name, followed by the module's own memories. */
function importsOf(module: ValidatedModule): Omit<Import, 'offset'>[] {
  const imports = module.imports.map(({ description }, i) => ({
    module: NAMES.module,
    name: `${i}`,
    // Linking has already decided whether the memory fits. Its native maximum may be larger than its type says, because of an app heap.
    description: description.kind === 'memory' ? { ...description, type: anyMaximum(description.type) } : description,
  }));
  const own = module.memories.map((type, i) => ({
    module: NAMES.module,
    name: `${NAMES.memory}${i}`,
    // The native memory has a maximum of its own.
    description: { kind: 'memory' as const, type: anyMaximum(type) },
  }));
  return [...imports, ...own];
}

/** Only shared memories must declare a maximum. The runtime itself refuses a minimum that no JavaScript engine has room for. */
function anyMaximum(type: t.MemoryType): t.MemoryType {
  const { min, max } = type.limits;
  if (!type.shared) return { ...type, limits: { min: min > MOST_PAGES ? 0n : min, max: undefined } };
  return { ...type, limits: { min, max: type.address === 'i32' ? MOST_PAGES : max } };
}

type NewExport = Omit<Export, 'offset'>;

function exportsOf(env: Blueprint, maxThreshold: number): NewExport[] {
  const { module, places, added, spaces } = env;
  const list: NewExport[] = [];
  const add = (kind: ExternKind, prefix: string, index: number): number =>
    list.push({ name: `${prefix}${index}`, kind, index });
  for (const index of env.referenced) add('func', NAMES.function, index);
  const own = (kind: ExternKind, prefix: string, all: number, count: number): void => {
    for (let index = all - count; index < all; index++) add(kind, prefix, index);
  };
  own('table', NAMES.table, spaces.tables.length, module.tables.length);
  own('global', NAMES.global, spaces.globals.length, module.globals.length);
  own('tag', NAMES.tag, spaces.tags.length, module.tags.length);
  const helper = (name: string, index: number): number => list.push({ name, kind: 'func', index });
  const { metered, interruptible, countsCalls, countsStack } = env.options;
  if (metered || interruptible) {
    helper(NAMES.getLeft, added.getter(places.left));
    helper(NAMES.setLeft, added.setter(places.left));
    helper(NAMES.threshold, added.constant(maxThreshold));
  }
  if (countsCalls) {
    helper(NAMES.getDepth, added.getter(places.depth));
    helper(NAMES.setDepth, added.setter(places.depth));
  }
  helper(NAMES.getIndex, added.getter(places.lastIndex));
  if (countsStack) {
    helper(NAMES.getStack, added.getter(places.stack));
    helper(NAMES.setStack, added.setter(places.stack));
  }
  return list;
}

/** Returns the functions that code outside the module can refer to: those exported, started, in element segments, or named by ref.func. */
export function referencedFunctions(module: ValidatedModule): readonly number[] {
  const found = new Set<number>();
  for (const { kind, index } of module.exports) if (kind === 'func') found.add(index);
  if (module.start !== undefined) found.add(module.start);
  const reader = new CodeReader(module.bytes, 0, 0);
  const expression = (span: Span): void => {
    reader.seek(span.start, span.end);
    while (reader.next() >= 0) if (reader.op === OPCODES['ref.func'].code) found.add(reader.index);
  };
  for (const { items } of module.elements) {
    if (items.kind === 'functions') for (const index of items.indices) found.add(index);
    else for (const span of items.expressions) expression(span);
  }
  for (const { init } of module.globals) expression(init);
  for (const { init } of module.tables) if (init) expression(init);
  return [...found].sort((a, b) => a - b);
}
