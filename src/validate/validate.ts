// Module -> ValidatedModule: the sections in the order of the specification, then the bodies. Engines take nothing but the result.
// Refuses to run anything, and to check anything that depends on imports.
import { checkLimit } from '../binary/limit.js';
import { InvalidError } from '../wasm/errors.js';
import { DEFAULT_FEATURES, type Feature, type FeatureSet } from '../wasm/features.js';
import { MAX_MEMORIES, MAX_MEMORY32_PAGES, MAX_TABLES } from '../wasm/implementation-limits.js';
import {
  type DataSegment,
  type ElementSegment,
  type FunctionInfo,
  type ImportDescription,
  IndexSpaces,
  type Module,
  type ValidatedModule,
} from '../wasm/module.js';
import * as t from '../wasm/types.js';
import { ModuleContext } from './context.js';
import { CodeValidator } from './validate-code.js';
import { validateTypes } from './validate-types.js';
import { RULE_TABLE } from './validation-rules.js';

/** How a module is validated. */
export interface ValidateOptions {
  /** The features that the module may use. Default: DEFAULT_FEATURES. */
  readonly features?: FeatureSet;
  /**
   * For modules that somebody else has found valid: each body is validated when somebody first asks what it is like, and these features are those that
   * bodies are known to use. Default: all bodies are validated at once.
   */
  readonly late?: ReadonlySet<Feature> | undefined;
}

const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;
const START_SECTION = 8;
const DATA_COUNT_SECTION = 12;
const TAG_SECTION = 13;

const MAX_TABLE32_SIZE = 0xffff_ffffn;
const MAX_INDEX64 = 0xffff_ffff_ffff_ffffn;

/** A valid module without its mark, which exists in types alone; so no member can be missing. */
type Unmarked = Pick<ValidatedModule, keyof ValidatedModule & string>;

/**
 * Checks a whole module; linear in its size.
 * @throws InvalidError with the absolute offset, the function, and the feature if one is missing; MalformedError for bodies that are not
 * instructions
 */
export function validate(module: Module, options: ValidateOptions = {}): ValidatedModule {
  const context = new ModuleContext(module, options.features ?? DEFAULT_FEATURES);
  const code = new CodeValidator(context, RULE_TABLE);
  validateTypes(context);
  for (const { description, offset } of module.imports) declareImport(context, description, offset);
  declareDefinitions(context);
  validateGlobals(context, code);
  validateTables(context, code);
  validateExports(context);
  validateStart(context);
  for (const segment of module.elements) validateElement(context, code, segment);
  for (const segment of module.dataSegments) validateData(context, code, segment);
  if (module.dataCount !== undefined) context.require('bulk-memory', context.sectionStart(DATA_COUNT_SECTION));
  const bodies = new Bodies(context, code);
  const { usedFeatures } = context;
  const functionInfo = options.late === undefined ? knownInfos(bodies.all()) : lateInfos(bodies);
  for (const feature of options.late ?? []) usedFeatures.add(feature);
  if (context.tags.length > 0 && !usedFeatures.has('legacy-exceptions')) {
    usedFeatures.add(context.features.has('exceptions') ? 'exceptions' : 'legacy-exceptions');
  }
  const valid: Unmarked = { ...module, usedFeatures, functionInfo, spaces: new IndexSpaces(module) };
  return valid as ValidatedModule;
}

/** The bodies of a module, each of which is validated once. */
class Bodies {
  readonly #context: ModuleContext;
  readonly #code: CodeValidator;
  readonly #firstIndex: number;
  readonly #infos: (FunctionInfo | undefined)[];

  constructor(context: ModuleContext, code: CodeValidator) {
    this.#context = context;
    this.#code = code;
    this.#firstIndex = context.functions.length - context.module.functions.length;
    this.#infos = new Array<FunctionInfo | undefined>(context.module.functions.length);
  }
  infoOf(position: number): FunctionInfo {
    const { functions } = this.#context.module;
    return (this.#infos[position] ??= this.#code.body(this.#firstIndex + position, functions[position]!));
  }
  /** Validates all. */
  all(): readonly FunctionInfo[] {
    return this.#context.module.functions.map((_, position) => this.infoOf(position));
  }
}
function lateInfos(bodies: Bodies): ValidatedModule['functionInfo'] {
  return (position) => bodies.infoOf(position);
}
/** What a module keeps where nothing is left to validate: not what validating needs. */
function knownInfos(infos: readonly FunctionInfo[]): ValidatedModule['functionInfo'] {
  return (position) => infos[position]!;
}

function declareImport(context: ModuleContext, description: ImportDescription, at: number): void {
  switch (description.kind) {
    case 'func':
      declareFunction(context, description.typeIndex, at);
      break;
    case 'table':
      declareTable(context, description.type, at);
      break;
    case 'memory':
      declareMemory(context, description.type, at);
      break;
    case 'global':
      if (description.type.mutable) context.require('mutable-globals', at);
      declareGlobal(context, description.type, true, at);
      break;
    case 'tag':
      declareTag(context, description.type, at);
  }
}

function declareDefinitions(context: ModuleContext): void {
  const { module } = context;
  for (const { typeIndex, code } of module.functions) declareFunction(context, typeIndex, code.start);
  const tablesAt = context.sectionStart(TABLE_SECTION);
  const memoriesAt = context.sectionStart(MEMORY_SECTION);
  const tagsAt = context.sectionStart(TAG_SECTION);
  for (const { type } of module.tables) declareTable(context, type, tablesAt);
  for (const type of module.memories) declareMemory(context, type, memoriesAt);
  for (const type of module.tags) declareTag(context, type, tagsAt);
}

function declareFunction(context: ModuleContext, typeIndex: number, at: number): void {
  context.signature(typeIndex, at);
  context.functions.push(typeIndex);
}

function checkLimits({ min, max }: t.Limits, most: bigint, text: string, at: number): void {
  if (min > most || (max !== undefined && max > most)) throw new InvalidError(text, at);
  if (max !== undefined && max < min) throw new InvalidError('size minimum must not be greater than maximum', at);
}

function declareTable(context: ModuleContext, type: t.TableType, at: number): void {
  const wide = type.address === 'i64';
  if (wide) context.require('memory64', at);
  checkLimits(type.limits, wide ? MAX_INDEX64 : MAX_TABLE32_SIZE, 'table size must be at most 2^32-1', at);
  const element = type.element === t.FUNCREF ? t.FUNCREF : context.resolve(type.element, at);
  if (context.tables.length > 0 && !context.features.has('reference-types')) {
    throw new InvalidError('multiple tables', at, -1, 'reference-types');
  }
  if (context.tables.length > 0) context.require('reference-types', at);
  checkLimit('tables', MAX_TABLES, context.tables.length + 1, at);
  context.tables.push({ element, address: wide ? t.I64 : t.I32 });
}

function declareMemory(context: ModuleContext, type: t.MemoryType, at: number): void {
  const { limits, shared, address, pageSizeLog2 } = type;
  const wide = address === 'i64';
  if (wide) context.require('memory64', at);
  if (shared) context.require('threads', at);
  if (shared && limits.max === undefined) throw new InvalidError('shared memory must have maximum', at);
  if (pageSizeLog2 !== 16) {
    if (pageSizeLog2 !== 0) throw new InvalidError('invalid custom page size', at);
    context.require('custom-page-sizes', at);
  }
  checkLimits(limits, ...mostPages(wide, pageSizeLog2), at);
  if (context.memories.length > 0) {
    if (!context.features.has('multi-memory')) throw new InvalidError('multiple memories', at, -1, 'multi-memory');
    context.require('multi-memory', at);
  }
  checkLimit('memories', MAX_MEMORIES, context.memories.length + 1, at);
  context.memories.push(wide ? t.I64 : t.I32);
}

function mostPages(wide: boolean, pageSizeLog2: number): [most: bigint, text: string] {
  if (pageSizeLog2 === 0) {
    return wide
      ? [MAX_INDEX64, 'memory size must be at most 2^64-1 pages']
      : [MAX_TABLE32_SIZE, 'memory size must be at most 4294967295 pages (4GiB)'];
  }
  return wide
    ? [1n << 48n, 'memory size must be at most 2^48 pages']
    : [BigInt(MAX_MEMORY32_PAGES), 'memory size must be at most 65536 pages (4GiB)'];
}

function declareGlobal(context: ModuleContext, { type, mutable }: t.GlobalType, imported: boolean, at: number): void {
  context.globals.push({ type: context.resolve(type, at), mutable, imported });
}

function declareTag(context: ModuleContext, { typeIndex }: t.TagType, at: number): void {
  context.requireTags(at);
  if (context.signature(typeIndex, at).results.length > 0) throw new InvalidError('non-empty tag result type', at);
  context.tags.push(typeIndex);
}

/** Each global may read those before it. */
function validateGlobals(context: ModuleContext, code: CodeValidator): void {
  for (const { type, init } of context.module.globals) {
    code.constant(init, context.resolve(type.type, init.start), context.globals.length);
    declareGlobal(context, type, false, init.start);
  }
}

function validateTables(context: ModuleContext, code: CodeValidator): void {
  const { tables, imports } = context.module;
  const imported = context.tables.length - tables.length;
  const importedGlobals = imports.filter(({ description }) => description.kind === 'global').length;
  tables.forEach(({ init, type }, i) => {
    if (init !== undefined) {
      context.require('function-references', init.start);
      code.constant(init, context.tables[imported + i]!.element, importedGlobals);
    } else if (!t.isDefaultable(type.element)) {
      throw new InvalidError(
        'type mismatch: a table of non-nullable references needs an initial value',
        context.sectionStart(TABLE_SECTION),
      );
    }
  });
}

function validateExports(context: ModuleContext): void {
  const names = new Set<string>();
  const spaces = {
    func: context.functions,
    table: context.tables,
    memory: context.memories,
    global: context.globals,
    tag: context.tags,
  };
  const words = { func: 'function', table: 'table', memory: 'memory', global: 'global', tag: 'tag' };
  for (const { name, kind, index, offset } of context.module.exports) {
    if (index >= spaces[kind].length) throw new InvalidError(`unknown ${words[kind]} ${index}`, offset);
    if (names.has(name)) throw new InvalidError('duplicate export name', offset);
    names.add(name);
    if (kind === 'func') context.declared[index] = 1;
    if (kind === 'global' && context.globals[index]!.mutable) context.require('mutable-globals', offset);
  }
}

function validateStart(context: ModuleContext): void {
  const { start } = context.module;
  if (start === undefined) return;
  const at = context.sectionStart(START_SECTION);
  const typeIndex = context.functions[start];
  if (typeIndex === undefined) throw new InvalidError(`unknown function ${start}`, at);
  const { params, results } = context.signature(typeIndex, at);
  if (params.length + results.length > 0) throw new InvalidError('start function must have type [] -> []', at);
}

function validateElement(context: ModuleContext, code: CodeValidator, segment: ElementSegment): void {
  const { mode, items, offset } = segment;
  const globals = context.globals.length;
  const plain = items.kind === 'functions';
  const type = plain || segment.type === t.FUNCREF ? segment.type : context.resolve(segment.type, offset);
  if (plain) {
    for (const index of items.indices) {
      if (index >= context.functions.length) throw new InvalidError(`unknown function ${index}`, offset);
      context.declared[index] = 1;
    }
  } else {
    context.require('bulk-memory', offset);
    for (const expression of items.expressions) code.constant(expression, type, globals);
  }
  if (mode.kind === 'active') {
    const table = context.tables[mode.index];
    if (table === undefined) throw new InvalidError(`unknown table ${mode.index}`, offset);
    if (!code.matches(type, table.element)) throw new InvalidError('type mismatch: segment and table differ', offset);
    code.constant(mode.at, table.address, globals);
  } else context.require(mode.kind === 'passive' ? 'bulk-memory' : 'reference-types', offset);
  context.elementTypes.push(type);
}

function validateData(context: ModuleContext, code: CodeValidator, { mode, offset }: DataSegment): void {
  if (mode.kind !== 'active') {
    context.require('bulk-memory', offset);
    return;
  }
  const address = context.memories[mode.index];
  if (address === undefined) throw new InvalidError(`unknown memory ${mode.index}`, offset);
  code.constant(mode.at, address, context.globals.length);
}
