// The operations of the interpreter's step function, as text: register code for what compiled C does most. The order is the numbering.
// Everything else runs in cold functions: V8 never optimises a function of more than 60 KB of bytecode (checked by a test).
import { OPCODES, type ScalarOp } from '#src/wasm/opcodes.js';
import { SEMANTICS } from '#src/wasm/semantics.js';
import { TRAPS, type TrapId } from '#src/wasm/traps.js';
import { memoryOperations } from './memory-ops.js';
import { D, type Operation, Q, R, S, W } from './operation.js';

const trap = (id: TrapId): string => `{ t = ${TRAPS[id].number}; break trap; }`;
/** The ways out that many operations share: a jump to the step function's end is shorter than a call and a return. */
export const WAYS_OUT = [
  ['memory', `t = ${TRAPS['memory-out-of-bounds'].number};`],
  ['trap', 'return exit(pc, fp, sp, n, TRAP_STATUS + t | 0);'],
  ['overflow', 'return exit(pc, fp, sp, n, OVERFLOW);'],
  ['used', 'return exit(pc, fp, sp, n, FUEL);'],
] as const;
/** Goes to the target at this place. Behind it stands what the block there costs. */
const goTo = (target: string, cost: string): string =>
  `t = ${target}; if ((n = n - ${cost} | 0) < 0) { pc = t; break used; } pc = t; continue;`;
/** The ends that many operations share; each must end in a jump of its own. */
export const SHARED_ENDS = [
  ['taken', goTo('code[pc]', W(1))],
  // What is not aligned, at 2 GiB and above, or out of bounds.
  ['far', 't = far(mv, pc, fp, b) | 0; if (t < 0) break memory; pc = t; continue;'],
  // Metered code has an operation `fuel` behind each branch.
  ['passed', `if (held >= 0) { n = n - ${W(1)} | 0; pc = pc + 2 | 0; if (n < 0) break used; } continue;`],
] as const;
/** Goes to the target in word k. */
const branch = (k: number): string => goTo(W(k), W(k + 1));
/** The same, shorter and slower. */
const rareBranch = (k: number | string): string => `pc = pc + ${k} | 0; break taken;`;
/** Goes on behind a branch of so many words. */
const pass = (words: number): string => `pc = pc + ${words} | 0; break passed;`;

type ScalarName = keyof typeof SEMANTICS;

export interface ScalarText {
  readonly load: string;
  readonly checks: readonly (readonly [string, TrapId])[];
  readonly store: string;
  readonly condition: string | undefined;
  readonly words: number;
}

/** Returns the operand and result registers of an instruction around its template. `k` makes the last operand an immediate. */
export function scalar(name: ScalarName, immediate = false): ScalarText {
  const { js, condition, checks = [], bits } = SEMANTICS[name];
  const [operands, result] = OPCODES[name as ScalarOp].sig.split(':') as [string, string];
  const load: string[] = [];
  const rename = new Map<string, string>();
  [...operands].forEach((type, i) => {
    const variable = 'ab'[i]!;
    const word = i + 2;
    const constant = immediate && i === operands.length - 1;
    if (type === 'I') {
      if (constant) load.push(`${variable}l = ${W(word)}; ${variable}h = ${W(word + 1)};`);
      else load.push(`t = ${S(word)}; ${variable}l = r[t]; ${variable}h = h[t];`);
    } else if (type === 'F' && bits) {
      load.push(`t = fp + ${W(word)} << 1; ${variable}l = g[t]; ${variable}h = g[t + 1 | 0];`);
    } else if (type === 'i' || (type === 'f' && bits)) {
      load.push(`${variable} = ${constant ? W(word) : R(word)};`);
    } else {
      rename.set(variable, 'xy'[i]!);
      load.push(`${'xy'[i]} = ${type === 'f' ? Q(word) : D(word)};`);
    }
  });
  const fix = (text: string): string => text.replace(/\b[ab]\b/g, (one) => rename.get(one) ?? one);
  let store: string;
  if (condition !== undefined) store = `${R(1)} = (${fix(condition)}) | 0;`;
  else if (result === 'I') store = `${fix(js!)}; t = ${S(1)}; r[t] = lo; h[t] = hi;`;
  else if (result === 'F' && bits) store = `${js}; t = fp + ${W(1)} << 1; g[t] = lo; g[t + 1 | 0] = hi;`;
  else if (result === 'f' && !bits) store = `${Q(1)} = ${fix(js!)};`;
  else if (result === 'F') store = `${D(1)} = ${fix(js!)};`;
  else store = `${R(1)} = ${fix(js!)};`;
  const words = 2 + operands.length + (immediate && operands.endsWith('I') ? 1 : 0);
  return {
    load: load.join(' '),
    checks: checks.map(([text, id]) => [fix(text), id] as const),
    store,
    condition: condition === undefined ? undefined : fix(condition),
    words,
  };
}

const ident = (name: string): string => name.replace('.', '_');

function hotScalar(name: ScalarName, immediate = false): Operation {
  const { load, checks, store, words } = scalar(name, immediate);
  const tests = checks.map(([text, id]) => `if (${text}) ${trap(id)}`).join(' ');
  return { name: ident(name) + (immediate ? '_k' : ''), words, body: `${load} ${tests} ${store}` };
}

/** Jumps if the condition is true: the words are the operands, then the target. */
function compareBranch(name: ScalarName, immediate = false, negate = false): Operation {
  const { load, condition, words } = scalar(name, immediate);
  const shifted = load.replace(/pc \+ (\d+)/g, (_, k: string) => `pc + ${Number(k) - 1}`);
  const test = negate ? `!(${condition})` : condition!;
  const taken = name.startsWith('i32') ? branch : rareBranch;
  return {
    name: `br_${negate ? 'not_' : ''}${ident(name)}${immediate ? '_k' : ''}`,
    words: words + 1,
    body: `${shifted} if (${test}) { ${taken(words - 1)} } ${pass(words + 1)}`,
    jumps: true,
  };
}

/** Adds a constant to a local, compares and jumps: the end of a counted loop. The words are local, constant, [limit], target. */
function addCompareBranch(name: ScalarName, immediate: boolean): Operation {
  const { condition } = scalar(name);
  const limit = immediate ? W(3) : R(3);
  return {
    name: `add_k_br_${ident(name)}${immediate ? '_k' : ''}`,
    words: 6,
    body: `t = ${S(1)}; a = r[t] + ${W(2)} | 0; r[t] = a; b = ${limit}; if (${condition}) { ${branch(4)} } ${pass(6)}`,
    jumps: true,
  };
}

/** Enters the function whose code starts at e, with its frame at nf: see frame-header words in code-arena.ts. */
const ENTER = `if ((nf + code[e - 3 | 0] | 0) > limit) break overflow; t = nf + code[e - 4 | 0] | 0; c = nf + code[e - 5 | 0] | 0; while (t < c) { r[t] = 0; h[t] = 0; f[t] = 0; t = t + 1 | 0; }`;
/** Its first block is charged here. */
const BEGIN = 'pc = e; n = n - code[e - 1 | 0] | 0; if (n < 0) break used; continue;';
/**
 * Copies a float from register t to register a, both doubled, as words: newer versions of V8 make some signalling NaNs quiet that move as numbers.
 */
const COPY_F = 'g[a] = g[t]; g[a + 1 | 0] = g[t + 1 | 0];';
const RETURN = 'sp = sp - 2 | 0; pc = cs[sp]; fp = cs[sp + 1 | 0]; continue;';

function controlOperations(): Operation[] {
  const shiftRight = `${SEMANTICS['i64.shr_u'].js};`;
  const rotateLeft = `${SEMANTICS['i64.rotl'].js};`;
  const add = `${SEMANTICS['i64.add'].js};`;
  const push = (words: number): string =>
    `if (sp >= depth) break overflow; ${ENTER} cs[sp] = pc + ${words} | 0; cs[sp + 1 | 0] = fp; sp = sp + 2 | 0; fp = nf; ${BEGIN}`;
  return [
    {
      name: 'fuel',
      words: 2,
      body: `n = n - ${W(1)} | 0; pc = pc + 2 | 0; if (n < 0) break used; continue;`,
      jumps: true,
    },
    { name: 'br', words: 3, body: branch(1), jumps: true },
    { name: 'br_nz', words: 4, body: `if (${R(1)} !== 0) { ${branch(2)} } ${pass(4)}`, jumps: true },
    { name: 'br_z', words: 4, body: `if (${R(1)} === 0) { ${branch(2)} } ${pass(4)}`, jumps: true },
    {
      name: 'br_and_k_nz',
      words: 5,
      body: `if ((${R(1)} & ${W(2)}) !== 0) { ${branch(3)} } ${pass(5)}`,
      jumps: true,
    },
    {
      name: 'br_and_k_z',
      words: 5,
      body: `if ((${R(1)} & ${W(2)}) === 0) { ${branch(3)} } ${pass(5)}`,
      jumps: true,
    },
    {
      name: 'br_table',
      words: 3,
      body: `a = ${R(1)}; c = ${W(2)}; if ((a >>> 0) > (c >>> 0)) a = c; ${rareBranch('3 + (a << 1)')}`,
      jumps: true,
    },
    { name: 'call', words: 3, body: `e = ${W(1)}; nf = ${S(2)}; ${push(3)}`, jumps: true },
    {
      name: 'call_indirect',
      words: 5,
      body: `o = tables[${W(1)}].elements[${R(3)} >>> 0]; if (o === undefined || o === null || o.owner !== I || o.type !== types[${W(2)}]) return exit(pc, fp, sp, n, CALL_SLOW); e = o.entry | 0; nf = ${S(4)}; ${push(5)}`,
      jumps: true,
    },
    { name: 'jump_call', words: 2, body: `e = ${W(1)}; nf = fp; ${ENTER} ${BEGIN}`, jumps: true },
    { name: 'ret', words: 1, body: RETURN, jumps: true },
    { name: 'ret_32', words: 2, body: `r[fp] = ${R(1)}; ${RETURN}`, jumps: true },
    { name: 'ret_64', words: 2, body: `t = ${S(1)}; r[fp] = r[t]; h[fp] = h[t]; ${RETURN}`, jumps: true },
    { name: 'ret_f', words: 2, body: `t = fp + ${W(1)} << 1; a = fp << 1; ${COPY_F} ${RETURN}`, jumps: true },
    { name: 'mov_32', words: 3, body: `${R(1)} = ${R(2)};` },
    { name: 'mov_64', words: 3, body: `t = ${S(2)}; a = ${S(1)}; r[a] = r[t]; h[a] = h[t];` },
    { name: 'mov_f', words: 3, body: `t = fp + ${W(2)} << 1; a = fp + ${W(1)} << 1; ${COPY_F}` },
    { name: 'const_32', words: 3, body: `${R(1)} = ${W(2)};` },
    { name: 'const_64', words: 4, body: `t = ${S(1)}; r[t] = ${W(2)}; h[t] = ${W(3)};` },
    { name: 'const_f', words: 4, body: `t = fp + ${W(1)} << 1; g[t] = ${W(2)}; g[t + 1 | 0] = ${W(3)};` },
    { name: 'select_32', words: 5, body: `${R(1)} = ${R(4)} !== 0 ? ${R(2)} : ${R(3)};` },
    {
      name: 'select_64',
      words: 5,
      body: `t = fp + (${R(4)} !== 0 ? ${W(2)} : ${W(3)}) | 0; a = ${S(1)}; r[a] = r[t]; h[a] = h[t];`,
    },
    {
      name: 'select_f',
      words: 5,
      body: `t = fp + (${R(4)} !== 0 ? ${W(2)} : ${W(3)}) << 1; a = fp + ${W(1)} << 1; ${COPY_F}`,
    },
    { name: 'global_get_32', words: 3, body: `${R(1)} = globals[${W(2)}].i32[0];` },
    { name: 'global_set_32', words: 3, body: `globals[${W(2)}].i32[0] = ${R(1)};` },
    { name: 'i32_add_shl_k', words: 5, body: `${R(1)} = ${R(2)} + (${R(3)} << ${W(4)}) | 0;` },
    { name: 'i32_xor_shr_u_k', words: 5, body: `${R(1)} = ${R(2)} ^ (${R(3)} >>> ${W(4)});` },
    { name: 'mov_32_2', words: 5, body: `${R(1)} = ${R(2)}; ${R(3)} = ${R(4)};` },
    {
      name: 'mov_64_2',
      words: 5,
      body: `t = ${S(2)}; a = ${S(1)}; r[a] = r[t]; h[a] = h[t]; t = ${S(4)}; a = ${S(3)}; r[a] = r[t]; h[a] = h[t];`,
    },
    { name: 'i32_xor_rotl_k', words: 5, body: `b = ${R(3)}; c = ${W(4)}; ${R(1)} = ${R(2)} ^ (b << c | b >>> -c);` },
    { name: 'i32_mul_add', words: 5, body: `${R(1)} = ${R(4)} + Math.imul(${R(2)}, ${R(3)}) | 0;` },
    {
      name: 'i64_xor_shr_u_k',
      words: 5,
      body: `t = ${S(3)}; al = r[t]; ah = h[t]; bl = ${W(4)}; ${shiftRight} t = ${S(2)}; lo = r[t] ^ lo; hi = h[t] ^ hi; t = ${S(1)}; r[t] = lo; h[t] = hi;`,
    },
    {
      name: 'i64_xor_rotl_k',
      words: 5,
      body: `t = ${S(2)}; al = r[t]; ah = h[t]; t = ${S(3)}; al = al ^ r[t]; ah = ah ^ h[t]; bl = ${W(4)}; ${rotateLeft} t = ${S(1)}; r[t] = lo; h[t] = hi;`,
    },
    {
      name: 'i64_add_add',
      words: 5,
      body: `t = ${S(2)}; al = r[t]; ah = h[t]; t = ${S(3)}; bl = r[t]; bh = h[t]; ${add} t = ${S(4)}; al = lo; ah = hi; bl = r[t]; bh = h[t]; ${add} t = ${S(1)}; r[t] = lo; h[t] = hi;`,
    },
    { name: 'f32_mul_add', words: 5, body: `x = Math.fround(${Q(2)} * ${Q(3)}); ${Q(1)} = ${Q(4)} + x;` },
    { name: 'f32_add_add', words: 5, body: `x = Math.fround(${Q(2)} + ${Q(3)}); ${Q(1)} = ${Q(4)} + x;` },
    { name: 'f64_mul_add', words: 5, body: `${D(1)} = ${D(4)} + ${D(2)} * ${D(3)};` },
    { name: 'f64_mul_sub', words: 5, body: `${D(1)} = ${D(4)} - ${D(2)} * ${D(3)};` },
  ];
}

const I32 = [
  'add',
  'sub',
  'mul',
  'div_s',
  'div_u',
  'rem_s',
  'rem_u',
  'and',
  'or',
  'xor',
  'shl',
  'shr_s',
  'shr_u',
  'rotl',
  'rotr',
] as const;
const I32_K = ['add', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl'] as const;
const I64 = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl', 'rotr'] as const;
const I64_K = ['add', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl'] as const;
const INTEGER_COMPARES = ['eq', 'ne', 'lt_s', 'lt_u', 'le_s', 'le_u'] as const;
/** With a constant, gt and ge cannot be expressed by swapping the operands. */
const CONSTANT_COMPARES = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u'] as const;

export function hotOperations(): Operation[] {
  const all: Operation[] = controlOperations();
  for (const op of I32) all.push(hotScalar(`i32.${op}`));
  for (const op of I32_K) all.push(hotScalar(`i32.${op}`, true));
  for (const op of INTEGER_COMPARES) all.push(hotScalar(`i32.${op}`));
  for (const op of CONSTANT_COMPARES) all.push(hotScalar(`i32.${op}`, true));
  for (const op of INTEGER_COMPARES) all.push(compareBranch(`i32.${op}`));
  for (const op of CONSTANT_COMPARES) all.push(compareBranch(`i32.${op}`, true));
  for (const op of ['ne', 'lt_s', 'lt_u'] as const) {
    all.push(addCompareBranch(`i32.${op}`, false));
    all.push(addCompareBranch(`i32.${op}`, true));
  }
  for (const op of I64) all.push(hotScalar(`i64.${op}`));
  for (const op of I64_K) all.push(hotScalar(`i64.${op}`, true));
  all.push(hotScalar('i64.eqz'), compareBranch('i64.eqz'), compareBranch('i64.eqz', false, true));
  for (const op of INTEGER_COMPARES) all.push(hotScalar(`i64.${op}`));
  for (const op of INTEGER_COMPARES) all.push(compareBranch(`i64.${op}`));
  for (const op of ['extend_i32_s', 'extend_i32_u', 'extend32_s'] as const) all.push(hotScalar(`i64.${op}`));
  for (const op of ['extend8_s', 'extend16_s', 'clz', 'ctz', 'popcnt'] as const) all.push(hotScalar(`i32.${op}`));
  for (const op of ['add', 'sub', 'mul', 'div', 'sqrt', 'neg', 'abs', 'eq', 'ne', 'lt', 'le'] as const)
    all.push(hotScalar(`f64.${op}`));
  for (const op of ['eq', 'lt', 'le'] as const)
    all.push(compareBranch(`f64.${op}`), compareBranch(`f64.${op}`, false, true));
  for (const op of ['add', 'sub', 'mul', 'div', 'lt', 'le'] as const) all.push(hotScalar(`f32.${op}`));
  for (const op of [
    'f64.convert_i32_s',
    'f64.convert_i32_u',
    'i32.trunc_f64_s',
    'i32.trunc_f64_u',
    'i32.trunc_sat_f64_s',
    'i32.trunc_sat_f64_u',
    'f64.promote_f32',
    'f32.demote_f64',
    'f32.convert_i32_s',
  ] as const) {
    all.push(hotScalar(op));
  }
  return all.concat(memoryOperations());
}
