// Writes functions of a module as the text of one factory, `(E, N) => ...`, where E is the instance and N what all instances share. Also writes the
// texts that move values between call slots and JavaScript arguments.
import { LimitError } from '../../wasm/errors.js';
import { F32, F64, type FuncType, I64, isRef, V128, type ValType } from '../../wasm/types.js';
import type { EmitOptions } from './emit-options.js';
import { LoopEntry } from './loop-entry.js';
import type { ModuleInfo } from './module-info.js';
import { type Used, wordCount } from './operands.js';
import { refusal } from './refusal.js';
import { FunctionTranslator } from './translate-function.js';
import { WORD_TEXTS } from './vector-words.js';

/** The most characters of a chunk: V8's longest string has four times as many, and a compiled file holds several chunks. */
const MAX_TEXT = 1 << 27;

export interface Chunk {
  /** The body of a function of E and N that returns `[[index, run, body], ...]`. */
  readonly text: string;
}

const INDEXED: Readonly<Record<string, (index: string) => string>> = {
  G: (k) => `E.globals[${k}].i32`,
  H: (k) => `E.globals[${k}].f64`,
  Q: (k) => `E.globals[${k}]`,
  T: (k) => `E.tables[${k}]`,
  K: (k) => `E.types[${k}]`,
  Y: (k) => `E.tags[${k}]`,
  J: (k) => `E.imported(${k})`,
};

/** Returns the declaration of a name that the emitted functions use; empty for names of the text itself. */
function declaration(name: string): string {
  if (name === 'E' || /^[fb]\d+$/.test(name)) return '';
  if (name === 'R') return 'R=E.registers';
  if (name === 'S') return 'S=E.context.stack';
  if (name === 'F' || name === 'B') return `${name}=E.${name}`;
  if (/^M\d+$/.test(name)) return `${name}=E.holders[${name.slice(1)}]`;
  // This declares a function: see view-scopes.ts.
  if (/^V\d+$/.test(name)) return `M${name.slice(1)}=E.holders[${name.slice(1)}],${name}=()=>M${name.slice(1)}.view`;
  const indexed = /^([A-Z])(\d+)$/.exec(name);
  if (indexed) return `${name}=${INDEXED[indexed[1]!]!(indexed[2]!)}`;
  if (name.startsWith('O_')) return `${name}=N.VECTOR_OPS[${JSON.stringify(name.slice(2).replace('_', '.'))}]`;
  if (name.startsWith('A_')) return `${name}=${WORD_TEXTS.get(name.slice(2).replace('_', '.'))}`;
  return `${name}=N.${name}`;
}

/**
 * @param indices of the functions; those that are refused are left out
 * @param checkpoint is called while there is much to write; what it throws ends the work
 */
export function emitChunk(
  info: ModuleInfo,
  options: EmitOptions,
  indices: readonly number[],
  checkpoint: () => void = () => {},
): Chunk {
  const used: Used = new Set(['E']);
  const local = new Set(indices.filter((index) => refusal(info, index) === undefined));
  const translator = new FunctionTranslator(info, options, used, local, checkpoint);
  const functions: string[] = [];
  const entries: string[] = [];
  const plain: number[] = [];
  let length = 0;
  for (const index of local) {
    checkpoint();
    const { text, outlined, tailCalls } = translator.translate(index);
    length += text.length;
    for (const [name, one] of outlined) {
      length += one.length;
      functions.push(`const ${name}=${one};`);
    }
    if (length > MAX_TEXT) {
      throw new LimitError(
        'moduleBytes',
        info.module.bytes.length,
        'as JavaScript it would be longer than a text can be',
      );
    }
    if (tailCalls) {
      used.add('TC').add('R');
      functions.push(
        `const b${index}=${text};`,
        `const f${index}=${tailCallLoop(info.spaces.functions[index]!, index, options)};`,
      );
    } else {
      functions.push(`const f${index}=${text};`);
      plain.push(index);
    }
    entries.push(tailCalls ? `[${index},f${index},b${index}]` : `[${index},f${index},f${index}]`);
  }
  for (const index of plain) if (used.has(`b${index}`)) functions.push(`const b${index}=f${index};`);
  return { text: `'use strict';\n${declarationsOf(used)}${functions.join('\n')}\nreturn [${entries.join()}];` };
}
function declarationsOf(used: Used): string {
  const declarations = [...used].map(declaration).filter((one) => one !== '');
  return declarations.length > 0 ? `const ${declarations.join(',\n')};\n` : '';
}

/**
 * Returns the body of a function of E and N that returns the code of a function from the head of a loop on, for all of its locals as arguments; undefined if
 * there can be none.
 * @param offset where the loop's instruction starts, in the module
 */
export function emitLoopEntry(
  info: ModuleInfo,
  options: EmitOptions,
  index: number,
  offset: number,
  checkpoint: () => void,
): string | undefined {
  if (refusal(info, index) !== undefined) return undefined;
  const used: Used = new Set(['E']);
  const translator = new FunctionTranslator(info, options, used, new Set(), checkpoint);
  const { code } = info.module.functions[index - info.spaces.importedFunctions]!;
  const entry = LoopEntry.at(info.module.bytes, code, offset);
  const { text, outlined, isEntered } = translator.translate(index, entry);
  if (!isEntered) return undefined;
  const functions = outlined.map(([name, one]) => `const ${name}=${one};`);
  return `'use strict';\n${declarationsOf(used)}${functions.join('\n')}\nreturn ${text};`;
}

function paramNames(types: readonly ValType[]): string[] {
  let words = 0;
  for (const type of types) words += wordCount(type);
  return Array.from({ length: words }, (_, i) => `a${i}`);
}

/** Calls a function's body, and then the tail calls that it leaves, one after another. */
function tailCallLoop(type: FuncType, index: number, options: EmitOptions): string {
  const params = paramNames(type.params).join();
  const tick = options.ticks ? 'if((R[0]=R[0]-1|0)<0)E.tick();' : '';
  return (
    `function(${params}){let r=b${index}(${params});while(TC.callee!==null){const g=TC.callee,x=TC.args;` +
    `TC.callee=TC.args=null;${tick}r=g(...x);}return r;}`
  );
}

// ---- values at the border ----

/** Returns the words of slot k, as a value's variables. */
function readSlot(type: ValType, k: number): string[] {
  if (isRef(type)) return [`S.refs[${k}]`];
  if (type === F32) return [`N.f32FromBits(S.i32[${k * 4}])`];
  if (type === F64) return [`S.f64[${k * 2}]`];
  return Array.from({ length: wordCount(type) }, (_, i) => `S.i32[${k * 4 + i}]`);
}
function writeSlot(type: ValType, k: number, words: readonly string[]): string {
  if (isRef(type)) return `S.refs[${k}]=${words[0]};`;
  if (type === F32) return `S.i32[${k * 4}]=N.f32ToBits(${words[0]});`;
  if (type === F64) return `S.f64[${k * 2}]=${words[0]};`;
  return words.map((word, i) => `S.i32[${k * 4 + i}]=${word};`).join('');
}
/** Returns where a function leaves its result k beyond the first, and the rest of the first. */
function resultWords(type: ValType, k: number): string[] {
  if (k === 0) {
    if (type === I64) return ['r', 'N.HIGH[0]'];
    return type === V128 ? ['r', 'N.W[1]', 'N.W[2]', 'N.W[3]'] : ['r'];
  }
  if (isRef(type)) return [`N.W_REFS[${k}]`];
  if (type === F32 || type === F64) return [`N.W_F64[${k}]`];
  return Array.from({ length: wordCount(type) }, (_, i) => `N.W[${k * 4 + i}]`);
}

/** `(f, S) => void` over N: calls a function of this signature with arguments in slots S, and leaves its results there. */
export function enterText({ params, results }: FuncType): string {
  const call = `f(${params.flatMap(readSlot).join()})`;
  if (results.length === 0) return `(f,S)=>{${call};}`;
  const writes = results.map((type, k) => writeSlot(type, k, resultWords(type, k)));
  return `(f,S)=>{const r=${call};${writes.join('')}}`;
}

/** `(E, callee) => function` over N: the function calls out through the slots. */
export function adapterText({ params, results }: FuncType): string {
  const names = paramNames(params);
  let at = 0;
  const writes = params.map((type, k) => writeSlot(type, k, names.slice(at, (at += wordCount(type)))));
  let back = '';
  results.forEach((type, k) => {
    const words = readSlot(type, k);
    resultWords(type, k).forEach((to, i) => {
      if (to !== 'r') back += `${to}=${words[i]};`;
    });
  });
  const [first] = results;
  if (first !== undefined) back += `return ${readSlot(first, 0)[0]};`;
  return `(E,callee)=>function(${names.join()}){const S=E.slots;${writes.join('')}E.callOut(callee);${back}}`;
}
