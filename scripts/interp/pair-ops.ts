// Two neighbouring operations as one: the first one's number is replaced in place and the second's words stay, so no target moves and a branch to
// the second is still valid. Refuses first operations that jump or leave the step function for later, since they would be executed again under another number.
import type { Operation } from './operation.js';

/**
 * The pairs that save most for their bytecode, by counts over bench/programs, QuickJS and Ruby. A number is the word of the second that must name the first's
 * result, which it has from a local; with `!` nothing else reads that result, and it is not stored. Those of the same two stand together, the first that fits counts.
 */
const PAIRS: readonly string[] = [
  'global_get_32 br_nz 1!',
  'i32_add_k i32_xor 3!',
  'i32_add_k i32_store 2!',
  'i32_add_k br_nz 1',
  'i32_add_k br_table 1!',
  'i32_add_k i32_load 2',
  'i32_add_k select_32 2!',
  'i32_add_k br',
  'i32_shl_k i32_xor 2!',
  'i32_load8_u br_table 1!',
  'i32_and_k i32_shl_k 2!',
  'i32_add_k mov_32 2',
  'i32_shr_u_k i32_and_k 2!',
  'i32_shr_u_k i32_and_k',
  'i32_mul_add i32_store 2!',
  'i32_add_k i32_add_k',
  'const_32 select_32 3!',
  'const_32 select_32 2!',
  'const_32 i32_load 2!',
  'i32_add br_i32_lt_u_k 1',
  'global_get_32 br_i32_ne_k 1!',
  'i64_mul_k i64_add 2!',
  'f64_mul_add f64_add 3!',
  'i32_add i32_load 2',
  'i64_shl_k i64_xor 2!',
  'i32_add_k global_set_32 1',
  'i32_add_k i32_store8_o 3!',
  'i32_add ret_32 1!',
  'i32_load8_u_x br_nz 1!',
  'global_get_32 i32_eq_k 2!',
  'i32_and_k i32_rem_u 2!',
  'i32_load8_u_o i64_load_s 3!',
  'i32_add_k mov_32_2',
  'i32_mul_k i32_add_k 2!',
  'i64_rotl_k i64_mul_k 2',
  'i32_rotl_k i32_xor_rotl_k 2!',
  'i64_rotl_k i64_xor 3!',
  'f64_load_x f64_mul 3!',
  'i32_add_k i32_mul_k',
  'i32_xor i32_store8_o 3!',
  'i32_add_k ret_32 1!',
  'i32_add_k i32_and 3!',
  'i32_eq_k select_32 4!',
  'i32_add mov_32',
  'f64_mul f64_mul 2!',
  'i32_and_k br_i32_eq 2!',
  'i64_add i64_xor_rotl_k',
  'i32_load i32_load',
  'global_get_32 select_32 4!',
  'mov_32 i32_load 2',
  'i32_add i32_load_o',
  'i32_add i32_add_k',
  'const_32 i32_store 1!',
  'i32_add_k i32_and_k 2!',
  'f64_load f64_add 3!',
  'i32_shr_u_k i32_mul_k 2!',
  'i32_load8_u br_z 1',
  'const_32 ret_32 1!',
  'const_64 br_i64_lt_u 2!',
  'i32_add_shl_k i32_load 2',
  'i32_shl_k i32_add_k 2!',
];

export interface Pair extends Operation {
  readonly first: string;
  readonly second: string;
  /** The word of the second that names the first's result, which it has from a local; 0: any may. */
  readonly flow: number;
  /** Whether nothing else reads the first's result, so that it is not stored. */
  readonly unstored: boolean;
}

/** Returns the second operation's text, with the operation starting `by` words behind pc. */
function moved(body: string, by: number): string {
  return body
    .replace(/\bpc \+ (\d+)/g, (_, k: string) => `pc + ${Number(k) + by}`)
    .replace(/\bexit\(pc,/g, `exit(pc + ${by} | 0,`)
    .replace(/\bbreak (far|trap|overflow);/g, `{ pc = pc + ${by} | 0; break $1; }`);
}

/** How a value goes on from one operation to the next. */
interface Flow {
  /** Leaves the result in the local; STORE is where it is stored. */
  gives(body: string): string;
  /** Stores the local. */
  readonly store: string;
  /** Has the value of word k from the local. */
  takes(body: string, k: number): string;
}
const STORE = 'STORE;';
const place = (k: number): string => `fp \\+ code\\[pc \\+ ${k} \\| 0\\] \\| 0`;
/** An i32 or f64 in a local; `exact` makes the value what reading the register would give. */
const single = (array: string, local: string, exact: (value: string) => string): Flow => ({
  gives: (body) =>
    body.replace(
      new RegExp(`\\b${array}\\[${place(1)}\\] = ([^=;][^;]*);`),
      (_, value: string) => `${local} = ${exact(value)}; ${STORE}`,
    ),
  store: `${array}[fp + code[pc + 1 | 0] | 0] = ${local};`,
  takes: (body, k) => body.replace(new RegExp(`\\b${array}\\[${place(k)}\\](?! = )`, 'g'), local),
});
/** An i64 in the locals that its halves are computed in: who takes them must do so before they are computed. */
const halves: Flow = {
  gives: (body) =>
    body.replace(
      new RegExp(`t = ${place(1)}; r\\[t\\] = ([^;]*); h\\[t\\] = ([^;]*);`),
      (_, low: string, high: string) => `${low === 'lo' ? '' : `lo = ${low} | 0; hi = ${high} | 0; `}${STORE}`,
    ),
  store: 't = fp + code[pc + 1 | 0] | 0; r[t] = lo; h[t] = hi;',
  takes: (body, k) =>
    body.replace(
      new RegExp(`^((?:(?!\\blo =).)*)t = ${place(k)}; ([^;]*)\\br\\[t\\]; ([^;]*)\\bh\\[t\\];`),
      '$1$2lo; $3hi;',
    ),
};
const FLOWS: readonly Flow[] = [
  single('r', 'v', (value) => (value.endsWith('| 0') ? value : `(${value}) | 0`)),
  single('f', 'd', (value) => value),
  halves,
];

/** The two as one, where the second has the value of its word k from a local. What leaves the second to be done again or elsewhere finds the value stored. */
function joinedByFlow(pair: string, first: Operation, second: Operation, k: number, unstored: boolean): string {
  for (const { gives, store, takes } of FLOWS) {
    const [giving, taking] = [gives(first.body), takes(second.body, k)];
    if (giving === first.body || taking === second.body) continue;
    const last = moved(taking, first.words);
    if (!unstored) return `${giving.replace(STORE, store)} ${last}`;
    return `${giving.replace(STORE, '')} ${last
      .replace(/\{ (pc = [^;]*; break (?:far|overflow);)/g, `{ ${store} $1`)
      .replace(/\breturn exit\([^;]*;/g, `{ ${store} $& }`)}`;
  }
  throw new Error(`no value goes from one to the other: ${pair}`);
}

export function pairOperations(hot: readonly Operation[]): Pair[] {
  const twos = PAIRS.map((pair) => pair.split(' ', 2).join(' '));
  for (const [i, two] of twos.entries())
    if (twos.indexOf(two) < i && twos[i - 1] !== two) throw new Error(`stands alone: ${PAIRS[i]}`);
  const byName = new Map(hot.map((one) => [one.name, one]));
  return PAIRS.map((pair) => {
    const [firstName, secondName, word = '0'] = pair.split(' ');
    const first = byName.get(firstName!);
    const second = byName.get(secondName!);
    const flow = Number.parseInt(word, 10);
    const unstored = word.endsWith('!');
    if (!first || !second) throw new Error(`no such operations: ${pair}`);
    if (first.jumps || first.body.includes('exit(')) throw new Error(`cannot come first: ${pair}`);
    return {
      name: pair,
      first: first.name,
      second: second.name,
      flow,
      unstored,
      words: first.words + second.words,
      body:
        flow > 0
          ? joinedByFlow(pair, first, second, flow, unstored)
          : `${first.body} ${moved(second.body, first.words)}`,
      ...(second.jumps && { jumps: true as const }),
    };
  });
}
