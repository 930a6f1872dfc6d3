// How fast modules are decoded and validated, in MB of module per second: a generated large module, and real ones where there are any.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from '#src/binary/decode.js';
import { ByteWriter } from '#src/binary/writer.js';
import { validate } from '#src/validate/validate.js';
import { atLeast, type Bench, type BenchRow, plain } from './harness.js';

const TARGET_MB_PER_S = 40;
const TARGET_BYTES = 10_000_000;
const REAL_MODULES = ['js-component-bindgen-component.core.wasm', 'wasm-tools.core.wasm'];

/** Numbers that are the same on every run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const I32 = 0x7f;
const I64 = 0x7e;
const F64 = 0x7c;

/** Locals: 0-3 i32, 4-5 i64, 6-7 f64. The mix of instructions is that of compiled C: locals, constants, loads, compare and branch. */
function writeStatement(code: ByteWriter, random: (below: number) => number, functions: number): void {
  const i32 = (): void => {
    code.u8(0x20);
    code.u32(random(4));
  };
  switch (random(9)) {
    case 0: // a = b + constant
      i32();
      code.u8(0x41);
      code.s32(random(100_000) - 50_000);
      code.u8(0x6a + random(3));
      code.u8(0x21);
      code.u32(random(4));
      break;
    case 1: // load
      i32();
      code.raw(Uint8Array.of(0x28, 2));
      code.u32(random(5000));
      code.u8(0x22);
      code.u32(random(4));
      code.u8(0x1a);
      break;
    case 2: // store
      i32();
      i32();
      code.raw(Uint8Array.of(0x36, 2));
      code.u32(random(5000));
      break;
    case 3: // if (a < b) { a = b }
      i32();
      i32();
      code.raw(Uint8Array.of(0x48, 0x04, 0x40));
      i32();
      code.raw(Uint8Array.of(0x21, 0, 0x0b));
      break;
    case 4: // i64 arithmetic
      code.raw(Uint8Array.of(0x20, 4, 0x20, 5, 0x7c, 0x42));
      code.s64(BigInt(random(1_000_000)));
      code.raw(Uint8Array.of(0x85, 0x21, 4));
      break;
    case 5: // f64 arithmetic
      code.raw(Uint8Array.of(0x20, 6, 0x20, 7, 0xa2, 0x44));
      code.word(random(1 << 30));
      code.word(random(1 << 30));
      code.raw(Uint8Array.of(0xa0, 0x21, 6));
      break;
    case 6: // call
      i32();
      i32();
      code.u8(0x10);
      code.u32(random(functions));
      code.raw(Uint8Array.of(0x21, 1));
      break;
    case 7: // block with br_if
      code.raw(Uint8Array.of(0x02, 0x40));
      i32();
      code.raw(Uint8Array.of(0x45, 0x0d, 0));
      i32();
      i32();
      code.raw(Uint8Array.of(0x6c, 0x21, 2, 0x0b));
      break;
    default: // loop
      code.raw(Uint8Array.of(0x03, 0x40));
      i32();
      code.raw(Uint8Array.of(0x41, 0x7f, 0x6a, 0x22, 3, 0x0d, 0, 0x0b));
  }
}

/** A valid module of about `size` bytes, the same on every run. */
export function generateModule(size: number): Uint8Array {
  const random = randomNumbers(1);
  const functions = Math.ceil(size / 1200);
  const list = Array.from({ length: functions });
  const out = new ByteWriter(size + (size >> 2));
  out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  out.section(1, () => out.raw(Uint8Array.of(1, 0x60, 2, I32, I32, 1, I32)));
  out.vectorSection(3, list, () => out.u8(0));
  out.section(5, () => out.raw(Uint8Array.of(1, 0, 1)));
  out.vectorSection(10, list, () => {
    out.sized(() => {
      out.raw(Uint8Array.of(3, 2, I32, 2, I64, 2, F64));
      for (const end = out.length + 400 + random(1600); out.length < end; ) writeStatement(out, random, functions);
      out.raw(Uint8Array.of(0x20, 0, 0x0b));
    });
  });
  return out.finish();
}

function realModules(): [name: string, bytes: Uint8Array][] {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return REAL_MODULES.map((name) => [name, join(folder, 'node_modules/@bytecodealliance/jco-transpile/vendor', name)])
    .filter(([, path]) => existsSync(path!))
    .map(([name, path]) => [name!, readFileSync(path!)]);
}

/** The best of several rounds: the machine's other work only ever makes a round slower. */
function measure(bytes: Uint8Array, rounds: number): { both: number; decodeOnly: number } {
  let both = Number.POSITIVE_INFINITY;
  let decodeOnly = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const module = decode(bytes);
    const middle = performance.now();
    validate(module);
    decodeOnly = Math.min(decodeOnly, middle - start);
    both = Math.min(both, performance.now() - start);
  }
  return { both, decodeOnly };
}

export const bench: Bench = async ({ quick }) => {
  const generated = generateModule(TARGET_BYTES);
  const results: BenchRow[] = [];
  for (const [name, bytes] of [['generated 10 MB', generated] as const, ...realModules()]) {
    const { both, decodeOnly } = measure(bytes, quick ? 2 : 7);
    const rate = bytes.length / 1000 / both;
    const what = `${name}: decode + validate`;
    results.push(bytes === generated ? atLeast(what, rate, 'MB/s', TARGET_MB_PER_S) : plain(what, rate, 'MB/s'));
    results.push(plain(`${name}: decode`, bytes.length / 1000 / decodeOnly, 'MB/s'));
  }
  return { name: 'decode', results };
};
