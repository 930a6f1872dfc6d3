// The register code of one module in one variant (metered or not, deterministic or not). It is compiled function by function on first call, shared by
// all instances, and stays in the code arena until the module is unloaded.

import { frameAt } from '../../binary/name-section.js';
import type { Frame } from '../../wasm/errors.js';
import { LimitError } from '../../wasm/errors.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { CODE, codeSpans, HEADER_WORDS } from './code-arena.js';
import { type CompileOptions, FunctionCompiler, type Handler } from './compile-function.js';
import { RULES_BY_SLOT } from './compile-rules.js';
import * as OP from './op.gen.js';

/** The header, the operation, and the function's index. */
const STUB_WORDS = HEADER_WORDS + 2;

/** The compiled code of one function. */
export interface CodeBlock {
  readonly start: number;
  readonly length: number;
  readonly set: CodeSet;
  /** The index of the function. */
  readonly index: number;
  readonly handlers: readonly Handler[];
  /** The heads of loops in tiered code, by their words from the start, and where their instructions start in the module. */
  readonly loops: ReadonlyMap<number, number>;
}

/** All blocks in the arena by their starts, to find the function of a pc. */
const blocks: CodeBlock[] = [];

function positionOf(pc: number): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle]!.start <= pc) low = middle + 1;
    else high = middle;
  }
  return low;
}
/** Returns the block that holds a pc, or undefined for stubs and the driver's own return addresses. */
export function blockAt(pc: number): CodeBlock | undefined {
  const block = blocks[positionOf(pc) - 1];
  return block && pc < block.start + block.length ? block : undefined;
}

/** Returns the wasm frames of pcs. Each function is compiled for this once, however often it occurs among them. */
export function framesAt(pcs: readonly number[]): Frame[] {
  const known = new Map<number, Frame>();
  const sorted = [...new Set(pcs)].sort((a, b) => a - b);
  for (let from = 0; from < sorted.length; ) {
    const block = blockAt(sorted[from]!);
    let to = from + 1;
    while (block && to < sorted.length && sorted[to]! < block.start + block.length) to++;
    const inBlock = sorted.slice(from, to);
    const frames = block?.set.framesIn(block, inBlock) ?? [];
    frames.forEach((frame, k) => {
      known.set(inBlock[k]!, frame);
    });
    from = to;
  }
  return pcs.flatMap((pc) => known.get(pc) ?? []);
}

export class CodeSet {
  readonly module: ValidatedModule;
  readonly options: CompileOptions;
  /** The start of each function's code, by function index; imports have none. */
  readonly entries: Int32Array;
  readonly #stubs: number;
  readonly #stubWords: number;
  readonly #own: CodeBlock[] = [];
  #compiler: FunctionCompiler | undefined;

  /** Throws a LimitError if the arena is full. */
  constructor(module: ValidatedModule, options: CompileOptions) {
    this.module = module;
    this.options = options;
    const count = module.functions.length;
    const { importedFunctions } = module.spaces;
    this.entries = new Int32Array(importedFunctions + count);
    this.#stubWords = count * STUB_WORDS;
    this.#stubs = takeCode(this.#stubWords);
    for (let i = 0; i < count; i++) {
      const entry = this.#stubs + i * STUB_WORDS + HEADER_WORDS;
      CODE[entry - 2] = OP.fuel;
      CODE[entry] = OP.lazy;
      CODE[entry + 1] = importedFunctions + i;
      this.entries[importedFunctions + i] = entry;
    }
  }

  /**
   * Compiles a function unless that was done, and returns where its code starts. Throws a LimitError if the arena is full, an InvalidError or MalformedError
   * if the function is validated late and is not valid.
   * @param checkpoint is called regularly; if it throws, the function stays uncompiled until its next call
   */
  compile(index: number, checkpoint: () => void): number {
    const present = this.entries[index]!;
    if (CODE[present] !== OP.lazy) return present;
    const compiler = this.#compiler ?? this.#newCompiler();
    this.module.functionInfo(index - this.module.spaces.importedFunctions);
    // The compiler is removed meanwhile: if the checkpoint throws half-way, it is dropped, and code that the checkpoint calls cannot reach it.
    this.#compiler = undefined;
    const { words, entry, targets, handlers, loops } = compiler.compile(index, checkpoint);
    this.#compiler = compiler;
    const start = takeCode(words.length);
    for (const target of targets) words[target]! += start;
    CODE.set(words, start);
    for (const handler of handlers) {
      handler.start += start;
      handler.end += start;
      for (const clause of handler.clauses) clause.target += start;
    }
    const block: CodeBlock = { start, length: words.length, set: this, index, handlers, loops };
    blocks.splice(positionOf(start), 0, block);
    this.#own.push(block);
    this.entries[index] = start + entry;
    return start + entry;
  }

  /** Whether a function was compiled. */
  isCompiled(index: number): boolean {
    return CODE[this.entries[index]!] !== OP.lazy;
  }
  /** Makes every call of a function leave the step function, as calls of those do that are not compiled yet. Only for tiered code. */
  divert(index: number): void {
    const entry = this.entries[index]!;
    CODE[entry] = OP.lazy;
    CODE[entry + 1] = index;
  }

  #newCompiler(): FunctionCompiler {
    return new FunctionCompiler(this.module, this.entries, this.options, RULES_BY_SLOT);
  }

  /**
   * Returns the wasm frames of pcs inside a block, by compiling once more to learn which instruction each belongs to.
   * @param pcs in ascending order
   */
  framesIn(block: CodeBlock, pcs: readonly number[]): Frame[] {
    const compiler = this.#newCompiler();
    compiler.compile(block.index, undefined, true);
    const trace = compiler.trace!;
    let offset = trace[1] ?? -1;
    let i = 0;
    return pcs.map((pc) => {
      for (; i < trace.length && trace[i]! <= pc - block.start; i += 2) offset = trace[i + 1]!;
      return frameAt(this.module, block.index, offset);
    });
  }

  dispose(): void {
    for (const { start, length } of this.#own) {
      blocks.splice(positionOf(start) - 1, 1);
      giveCode(start, length);
    }
    giveCode(this.#stubs, this.#stubWords);
  }
}

function takeCode(words: number): number {
  if (words === 0) return 0;
  const start = codeSpans.take(words);
  if (start < 0) {
    throw new LimitError(
      'memoryBytes',
      CODE.byteLength,
      'the interpreter has no room for more code: unload modules that are not in use',
    );
  }
  return start;
}
function giveCode(start: number, words: number): void {
  if (words === 0) return;
  CODE.fill(0, start, start + words);
  codeSpans.give(start, words);
}
