// The custom section `metadata.code.branch_hint`, read on demand for the printer, for tools, and for mode host, which keeps the hints in the code that
// it rewrites. Refuses sections that are malformed or name other instructions than `if` and `br_if`; the module stays valid, as with any custom section.
import { InvalidError, MalformedError } from '../wasm/errors.js';
import { countImports, type Module } from '../wasm/module.js';
import { CodeReader } from './code-reader.js';

export const BRANCH_HINT_SECTION = 'metadata.code.branch_hint';

/** What the producing compiler said about one branch. */
export interface BranchHint {
  /** Index of the function, imports first. */
  readonly functionIndex: number;
  /** The absolute offset of the `if` or `br_if`. */
  readonly offset: number;
  /** Whether the branch is likely to be taken. */
  readonly likely: boolean;
}

/**
 * Returns all hints of a module, in the order of the code; none if it has no such section.
 * Source: the branch hinting proposal, "Binary format".
 * @throws MalformedError with the offset in the section, InvalidError with the offset of the code that cannot have a hint
 */
export function readBranchHints(module: Module): readonly BranchHint[] {
  const section = module.customSections.find(({ name }) => name === BRANCH_HINT_SECTION);
  if (section === undefined) return [];
  const { start, end } = section.bytes;
  const reader = new CodeReader(module.bytes, start, end);
  const hints: BranchHint[] = [];
  const imported = countImports(module, 'func');
  let before = -1;
  for (let left = reader.count(); left > 0; left--) {
    const at = reader.pos;
    const functionIndex = reader.u32();
    const body = module.functions[functionIndex - imported];
    if (functionIndex <= before) throw malformed('functions out of order', at);
    if (body === undefined) throw malformed(`no code for function ${functionIndex}`, at);
    before = functionIndex;
    const inFunction = readFunction(reader, functionIndex, body.start);
    checkTargets(module, inFunction, body.code.start, body.code.end);
    for (const hint of inFunction) hints.push(hint);
  }
  if (reader.pos !== end) throw malformed('section size mismatch', reader.pos);
  return hints;
}

/** Returns whether a branch is likely, by its offset. The map is empty if the module has no such section or it is malformed. */
export function branchHintsByOffset(module: Module): ReadonlyMap<number, boolean> {
  try {
    return new Map(readBranchHints(module).map(({ offset, likely }) => [offset, likely]));
  } catch (error) {
    if (error instanceof MalformedError || error instanceof InvalidError) return new Map();
    throw error;
  }
}

function readFunction(reader: CodeReader, functionIndex: number, bodyStart: number): BranchHint[] {
  const hints: BranchHint[] = [];
  let before = -1;
  for (let left = reader.count(); left > 0; left--) {
    const at = reader.pos;
    const offset = bodyStart + reader.u32();
    if (offset <= before) throw malformed('hints out of order', at);
    before = offset;
    if (reader.u32() !== 1) throw malformed('a hint is one byte long', at);
    const value = reader.u8();
    if (value > 1) throw malformed(`no such hint: ${value}`, at);
    hints.push({ functionIndex, offset, likely: value === 1 });
  }
  return hints;
}

function checkTargets({ bytes }: Module, hints: readonly BranchHint[], start: number, end: number): void {
  const code = new CodeReader(bytes, start, end);
  let next = 0;
  while (next < hints.length && code.next() >= 0) {
    if (code.start < hints[next]!.offset) continue;
    if (code.start !== hints[next]!.offset || (code.name !== 'if' && code.name !== 'br_if')) break;
    next++;
  }
  const wrong = hints[next];
  if (wrong) {
    const text = 'branch hint: invalid target: neither if nor br_if';
    throw new InvalidError(text, wrong.offset, wrong.functionIndex);
  }
}

function malformed(what: string, offset: number): MalformedError {
  return new MalformedError(`branch hint: ${what}`, offset);
}
