// The opcode table as typed arrays for the validator's loop, one entry per slot of wasm/opcode-slots.ts.
// Refuses rows without a fixed signature, which have a rule instead.

import { bytesBySlot, SLOTS, slotOf } from '../wasm/opcode-slots.js';
import { ALL_OP_NAMES, type OpcodeRow, opcodeRow } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import { featureNumber } from './context.js';

/** In SIGNATURES, this stands for the address type of the memory that the instruction names. */
export const ADDRESS = 0;

const LETTERS: Readonly<Record<string, number>> = { i: t.I32, I: t.I64, f: t.F32, F: t.F64, V: t.V128, A: ADDRESS };

/** Each entry has the number of operands, their types from the top of the stack down, the number of results, and their types. Entry 0 is unused. */
const signatures: number[] = [0];
/** The index of the slot's signature in SIGNATURES; 0 if it has a rule. */
export const SIGNATURE_AT = new Uint16Array(SLOTS);

/** What is to be checked about the immediates of a row without a rule. */
export const CHECK_MEMARG = 1;
export const CHECK_MEMORY = 2;
export const CHECK_LANE = 3;
export const CHECK_LANES16 = 4;
export const CHECK_DATA = 5;
export const CHECK_ELEM = 6;

function checkOf({ imm = [] }: OpcodeRow): number {
  switch (imm[0]) {
    case 'memarg':
      return CHECK_MEMARG;
    case 'memory':
      return CHECK_MEMORY;
    case 'lane':
      return CHECK_LANE;
    case 'lanes16':
      return CHECK_LANES16;
    case 'data':
      return CHECK_DATA;
    case 'elem':
      return CHECK_ELEM;
    default:
      return 0;
  }
}

function appendSignature(sig: string, known: Map<string, number>): number {
  const there = known.get(sig);
  if (there !== undefined) return there;
  const at = signatures.length;
  const [operands, results] = sig.split(':') as [string, string];
  signatures.push(operands.length, ...[...operands].reverse().map((letter) => LETTERS[letter]!));
  signatures.push(results.length, ...[...results].map((letter) => LETTERS[letter]!));
  known.set(sig, at);
  return at;
}

function fillSignatures(): void {
  const known = new Map<string, number>();
  for (const name of ALL_OP_NAMES) {
    const { code, sig } = opcodeRow(name);
    if (sig !== undefined) SIGNATURE_AT[slotOf(code)] = appendSignature(sig, known);
  }
}
fillSignatures();

export const SIGNATURES: Int8Array = Int8Array.from(signatures);

/** A CHECK_ number for each slot. */
export const CHECK_OF_SLOT: Uint8Array = bytesBySlot((row) => (row.sig === undefined ? 0 : checkOf(row)));
/** The number of the feature that the slot needs, see context.ts. */
export const FEATURE_OF_SLOT: Uint8Array = bytesBySlot(({ feature }) => featureNumber(feature));
/** 0 if the instruction is not allowed in constant expressions, 1 if it always is, else 1 + the number of the feature that allows it. */
export const CONSTANT_OF_SLOT: Uint8Array = bytesBySlot(({ constant }) =>
  constant === undefined ? 0 : 1 + (constant === true ? 0 : featureNumber(constant)),
);
/** log2 of the natural alignment, for each slot. */
export const ALIGNMENT_OF_SLOT: Uint8Array = bytesBySlot(({ bytes }) => (bytes === undefined ? 0 : Math.log2(bytes)));
/** 1 if the alignment must be the natural one, as for all that threads may do at once. */
export const EXACT_ALIGNMENT: Uint8Array = bytesBySlot(({ bytes, feature }) =>
  Number(bytes !== undefined && feature === 'threads'),
);
/** The number of lanes, for rows with a lane. */
export const LANES_OF_SLOT: Uint8Array = bytesBySlot(({ imm, bytes, lanes = 0 }) =>
  bytes !== undefined && imm?.includes('lane') ? 16 / bytes : lanes,
);
