// Every trap, one row each: its number (stable: it crosses the enclave boundary), the spec's text, WAMR's text.

interface TrapRow {
  readonly number: number;
  /** The text the official suite expects. */
  readonly spec: string;
  /** The text wasm_runtime_get_exception gives, after "Exception: ". */
  readonly wamr: string;
}

export const TRAPS = {
  unreachable: { number: 0, spec: 'unreachable', wamr: 'unreachable' },
  'out-of-memory': { number: 1, spec: 'out of memory', wamr: 'allocate memory failed' },
  'memory-out-of-bounds': { number: 2, spec: 'out of bounds memory access', wamr: 'out of bounds memory access' },
  'integer-overflow': { number: 3, spec: 'integer overflow', wamr: 'integer overflow' },
  'integer-divide-by-zero': { number: 4, spec: 'integer divide by zero', wamr: 'integer divide by zero' },
  'invalid-conversion': { number: 5, spec: 'invalid conversion to integer', wamr: 'invalid conversion to integer' },
  'indirect-call-type-mismatch': {
    number: 6,
    spec: 'indirect call type mismatch',
    wamr: 'indirect call type mismatch',
  },
  'undefined-element': { number: 8, spec: 'undefined element', wamr: 'undefined element' },
  'uninitialized-element': { number: 9, spec: 'uninitialized element', wamr: 'uninitialized element' },
  'unlinked-import': {
    number: 10,
    spec: 'failed to call unlinked import function',
    wamr: 'failed to call unlinked import function',
  },
  'stack-exhausted': { number: 11, spec: 'call stack exhausted', wamr: 'native stack overflow' },
  'unaligned-atomic': { number: 12, spec: 'unaligned atomic', wamr: 'unaligned atomic' },
  'table-out-of-bounds': { number: 15, spec: 'out of bounds table access', wamr: 'out of bounds table access' },
  'null-function-reference': { number: 18, spec: 'null function reference', wamr: 'null function reference' },
  'null-structure-reference': { number: 19, spec: 'null structure reference', wamr: 'null structure reference' },
  'null-array-reference': { number: 20, spec: 'null array reference', wamr: 'null array reference' },
  'null-i31-reference': { number: 21, spec: 'null i31 reference', wamr: 'null i31 reference' },
  'null-reference': { number: 22, spec: 'null reference', wamr: 'null reference' },
  'null-exception-reference': { number: 23, spec: 'null exception reference', wamr: 'null exception reference' },
  'cast-failure': { number: 27, spec: 'cast failure', wamr: 'cast failure' },
  'array-out-of-bounds': { number: 28, spec: 'out of bounds array access', wamr: 'out of bounds array access' },
  'expected-shared-memory': { number: 35, spec: 'expected shared memory', wamr: 'expected shared memory' },
  /** An embedder or a native set it with wasm_runtime_set_exception and a message of its own. */
  custom: { number: 36, spec: 'exception', wamr: 'exception' },
  'terminated-by-user': { number: 37, spec: 'terminated by user', wamr: 'terminated by user' },
  'unsupported-operation': { number: 38, spec: 'unsupported operation', wamr: 'unsupported opcode' },
  /** A native should have received a text that is longer than any it may get. */
  'text-too-long': { number: 39, spec: 'text too long', wamr: 'text too long' },
  /** All threads of a guest wait, and nothing can wake one. */
  deadlock: { number: 40, spec: 'deadlock', wamr: 'deadlock' },
} as const satisfies Record<string, TrapRow>;

/** The name of a trap: one for each text of the specification, and for those that only embedders make. */
export type TrapId = keyof typeof TRAPS;

export const TRAP_BY_NUMBER: ReadonlyMap<number, TrapId> = /* @__PURE__ */ new Map(
  (Object.keys(TRAPS) as TrapId[]).map((id) => [TRAPS[id].number, id]),
);
