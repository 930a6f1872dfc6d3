// Two neighbouring operations as one: the first one's number is replaced in place and the second's words stay, so no target moves and a branch to
// the second is still valid. The pairs are those that follow each other most often in bench/programs. Refuses first operations that jump or leave
// the step function for later, since they would be executed again under another number.
import type { Operation } from './hot-ops.js';

const PAIRS: readonly string[] = [
  'i32_add_k i32_add_k',
  'i32_add_k mov_32',
  'i32_add_k br_nz',
  'i32_add_k br',
  'i32_add_k i32_and_k',
  'i32_add_k i32_load',
  'i32_add_k i32_store',
  'i32_add i32_load',
  'i32_add i32_load_o',
  'i32_add i32_add',
  'i32_add br_i32_lt_u_k',
  'i32_add mov_32',
  'i32_shr_u_k i32_and_k',
  'i32_rotl_k i32_xor_rotl_k',
  'i32_mul_add i32_store',
  'const_32 i32_add_k',
  'mov_32 i32_add_k',
  'mov_32 br_nz',
  'i32_store i32_add_k',
  'i32_load8_u i32_load8_u',
  'i64_add i64_xor_rotl_k',
  'i64_add i64_rotl_k',
  'f64_load f64_load',
  'i32_add_k i32_mul_k',
  'i32_add_k select_32',
  'i32_add_k i32_xor',
  'i32_and_k i32_shl_k',
  'i32_and_k br_i32_eq',
  'i32_xor_k i32_add_k',
  'mov_32_2 mov_32',
  'mov_32_2 call',
  'i32_load br_i32_lt_s',
  'i32_store8_o i32_add_k',
  'f64_mul_add f64_add',
  'f64_mul f64_mul',
  'f32_add f32_mul_add',
  'i64_rotl_k i64_xor',
  'i64_xor i64_xor_shr_u_k',
  'i64_shl_k i64_xor',
  'i64_load_o i64_mul_k',
  'i32_add ret_32',
  'const_32 const_32',
  'i32_eq_k select_32',
  'i32_xor i32_and_k',
  'i32_mul_k i32_load_o',
];

export interface Pair extends Operation {
  readonly first: string;
  readonly second: string;
}

/** Returns the second operation's text, with the operation starting `by` words behind pc. */
function moved(body: string, by: number): string {
  return body
    .replace(/\bpc \+ (\d+)/g, (_, k: string) => `pc + ${Number(k) + by}`)
    .replace(/\bexit\(pc,/g, `exit(pc + ${by} | 0,`)
    .replace(/\bbreak (memory|trap|overflow);/g, `{ pc = pc + ${by} | 0; break $1; }`);
}

export function pairOperations(hot: readonly Operation[]): Pair[] {
  const byName = new Map(hot.map((one) => [one.name, one]));
  return PAIRS.map((pair) => {
    const [first, second] = pair.split(' ').map((name) => byName.get(name)) as [Operation, Operation];
    if (!first || !second) throw new Error(`no such operations: ${pair}`);
    if (first.jumps || first.body.includes('exit(')) throw new Error(`cannot come first: ${pair}`);
    return {
      name: `${first.name} ${second.name}`,
      first: first.name,
      second: second.name,
      words: first.words + second.words,
      body: `${first.body} ${moved(second.body, first.words)}`,
      ...(second.jumps && { jumps: true as const }),
    };
  });
}
