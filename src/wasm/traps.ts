// Every trap, one row each: its number (stable: it crosses the enclave boundary), the spec's text, and WAMR's where it is another.

export interface TrapRow {
  readonly number: number;
  /** The text the official suite expects. */
  readonly spec: string;
  /** The text that wasm_runtime_get_exception gives after "Exception: ", where it is another. */
  readonly wamr?: string;
}

export const TRAPS = {
  unreachable: { number: 0, spec: 'unreachable' },
  'out-of-memory': { number: 1, spec: 'out of memory', wamr: 'allocate memory failed' },
  'memory-out-of-bounds': { number: 2, spec: 'out of bounds memory access' },
  'integer-overflow': { number: 3, spec: 'integer overflow' },
  'integer-divide-by-zero': { number: 4, spec: 'integer divide by zero' },
  'invalid-conversion': { number: 5, spec: 'invalid conversion to integer' },
  'indirect-call-type-mismatch': {
    number: 6,
    spec: 'indirect call type mismatch',
  },
  'undefined-element': { number: 8, spec: 'undefined element' },
  'uninitialized-element': { number: 9, spec: 'uninitialized element' },
  'unlinked-import': {
    number: 10,
    spec: 'failed to call unlinked import function',
  },
  'stack-exhausted': { number: 11, spec: 'call stack exhausted', wamr: 'native stack overflow' },
  'unaligned-atomic': { number: 12, spec: 'unaligned atomic' },
  'table-out-of-bounds': { number: 15, spec: 'out of bounds table access' },
  'null-function-reference': { number: 18, spec: 'null function reference' },
  'null-structure-reference': { number: 19, spec: 'null structure reference' },
  'null-array-reference': { number: 20, spec: 'null array reference' },
  'null-i31-reference': { number: 21, spec: 'null i31 reference' },
  'null-reference': { number: 22, spec: 'null reference' },
  'null-exception-reference': { number: 23, spec: 'null exception reference' },
  'cast-failure': { number: 27, spec: 'cast failure' },
  'array-out-of-bounds': { number: 28, spec: 'out of bounds array access' },
  'expected-shared-memory': { number: 35, spec: 'expected shared memory' },
  /** An embedder or a native set it with wasm_runtime_set_exception and a message of its own. */
  custom: { number: 36, spec: 'exception' },
  'terminated-by-user': { number: 37, spec: 'terminated by user' },
  'unsupported-operation': { number: 38, spec: 'unsupported operation', wamr: 'unsupported opcode' },
  /** A native should have received a text that is longer than any it may get. */
  'text-too-long': { number: 39, spec: 'text too long' },
  /** All threads of a guest wait, and nothing can wake one. */
  deadlock: { number: 40, spec: 'deadlock' },
} as const satisfies Record<string, TrapRow>;

/** The name of a trap: one for each text of the specification, and for those that only embedders make. */
export type TrapId = keyof typeof TRAPS;

export const TRAP_BY_NUMBER: ReadonlyMap<number, TrapId> = /* @__PURE__ */ new Map(
  (Object.keys(TRAPS) as TrapId[]).map((id) => [TRAPS[id].number, id]),
);
