// Single instructions run by the host's own WebAssembly, to compare ours with: a module with one exported function per case.
// Operands are at bytes 0, 16 and 32 of its memory, the result is left at byte 48, all as bits. Refuses instructions
// whose operands are not fixed by the opcode table.
import { type OpName, opcodeRow } from '#src/wasm/opcodes.js';

export interface HostCase {
  readonly name: OpName;
  /** Bytes of the immediates. */
  readonly immediate?: readonly number[];
}

export interface HostInstructions {
  /** Sixteen words: operands and result. */
  readonly words: Int32Array;
  /** Runs a case by its index. Throws the host's RuntimeError where the instruction traps. */
  readonly run: readonly (() => void)[];
}

const LOAD: Readonly<Record<string, readonly number[]>> = {
  i: [0x28],
  I: [0x29],
  f: [0x2a],
  F: [0x2b],
  V: [0xfd, 0x00],
};
const STORE: Readonly<Record<string, readonly number[]>> = {
  i: [0x36],
  I: [0x37],
  f: [0x38],
  F: [0x39],
  V: [0xfd, 0x0b],
};
const RESULT_ADDRESS = 48;

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function withSize(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...withSize(vector(items))];
}

function body({ name, immediate = [] }: HostCase): number[] {
  const { sig, code } = opcodeRow(name);
  if (sig === undefined) throw new Error(`${name} has no fixed operands`);
  const [operands, results] = sig.split(':') as [string, string];
  const opcode = code < 0x100 ? [code] : [code >> 16, ...unsigned(code & 0xffff)];
  const loads = [...operands].flatMap((type, k) => [0x41, k * 16, ...LOAD[type]!, 0, 0]);
  const store = [...results].flatMap((type) => [...STORE[type]!, 0, 0]);
  // No locals; the address of the result as an i32.const in two bytes of signed LEB128.
  return withSize([0, 0x41, RESULT_ADDRESS | 128, 0, ...loads, ...opcode, ...immediate, ...store, 0x0b]);
}

/** Decimal digits. */
function exportName(index: number): number[] {
  return [...String(index)].map((digit) => digit.charCodeAt(0));
}

export function hostInstructions(cases: readonly HostCase[]): HostInstructions {
  const bytes = new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, 0, 0]]),
    ...section(
      3,
      cases.map(() => [0]),
    ),
    ...section(5, [[0, 1]]),
    ...section(7, [[1, 0x6d, 2, 0], ...cases.map((_, k) => [...withSize(exportName(k)), 0, ...unsigned(k)])]),
    ...section(10, cases.map(body)),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const memory = exports['m'] as WebAssembly.Memory;

  return {
    words: new Int32Array(memory.buffer, 0, 16),
    run: cases.map((_, k) => exports[String(k)] as () => void),
  };
}
