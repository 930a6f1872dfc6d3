// Makes modules of modules. Careful mutations keep a valid module valid and change what it does; rough ones break bytes.
// Refuses nothing: whatever comes out is somebody's module.
import { CodeReader } from '#src/binary/code-reader.js';
import { decode } from '#src/binary/decode.js';
import { encode } from '#src/binary/encode.js';
import { ByteWriter } from '#src/binary/writer.js';
import { ALL_FEATURES } from '#src/wasm/features.js';
import type { Module } from '#src/wasm/module.js';
import { OPCODES, type OpName, opcodeRow } from '#src/wasm/opcodes.js';
import type { Random } from './random.js';

/** Instructions that may stand for each other: same signature, same immediates, memory accesses of the same width. */
const RELATIVES: ReadonlyMap<number, readonly number[]> = (() => {
  const groups = new Map<string, number[]>();
  for (const name of Object.keys(OPCODES) as OpName[]) {
    const { code, sig, imm = [], bytes, feature } = opcodeRow(name);
    if (sig === undefined || imm.some((kind) => kind !== 'memarg')) continue;
    if (name.includes('atomic') || feature === 'wide-arithmetic' || feature === 'relaxed-simd') continue;
    const key = `${sig} ${imm.join()} ${bytes ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), code]);
  }
  return new Map([...groups.values()].flatMap((group) => group.map((code) => [code, group] as const)));
})();

const LOCAL_GET = OPCODES['local.get'].code;
const LOCAL_TEE = OPCODES['local.tee'].code;
const CONSTANTS: ReadonlySet<number> = new Set(
  [OPCODES['i32.const'], OPCODES['i64.const'], OPCODES['f32.const'], OPCODES['f64.const']].map(({ code }) => code),
);

function writeConstant(writer: ByteWriter, op: number, random: Random): void {
  writer.u8(op);
  if (op === OPCODES['i32.const'].code) writer.s32(random.i32());
  else if (op === OPCODES['i64.const'].code) writer.s64(random.i64());
  else if (op === OPCODES['f32.const'].code) writer.word(random.f32());
  else {
    const bits = random.f64();
    writer.word(Number(bits & 0xffff_ffffn));
    writer.word(Number(bits >> 32n));
  }
}

/** Copies instructions, changing one in `odds`. */
function writeChanged(writer: ByteWriter, module: Module, index: number, odds: number, random: Random): void {
  const { code } = module.functions[index]!;
  const reader = new CodeReader(module.bytes, code.start, code.end);
  for (let op = reader.next(); op >= 0; op = reader.next()) {
    const copy = (start: number): void => writer.raw(module.bytes, start, reader.pos);
    if (!random.oneIn(odds)) {
      copy(reader.start);
      continue;
    }
    const relatives = RELATIVES.get(op);
    if (CONSTANTS.has(op)) writeConstant(writer, op, random);
    else if (relatives) {
      const other = random.pick(relatives);
      writer.opcode(other);
      // The immediates stay; the length of the old code is that of any code written in the shortest form.
      const header = new ByteWriter(8);
      header.opcode(op);
      copy(reader.start + header.length);
    } else if (op === LOCAL_GET && random.oneIn(3)) {
      // Mostly valid: neighbours tend to have the same type.
      writer.u8(op);
      writer.u32(Math.max(0, reader.index + random.pick([-1, 1])));
    } else {
      copy(reader.start);
      // A value more and a value less: nothing for the specification, something for compilers.
      if (op === LOCAL_TEE || op === LOCAL_GET) {
        copy(reader.start);
        writer.u8(OPCODES.drop.code);
      }
    }
  }
}

function tryDecode(bytes: Uint8Array): Module | undefined {
  try {
    return decode(bytes, { features: ALL_FEATURES });
  } catch {
    return undefined;
  }
}

/** Other instructions and constants in the bodies of a module that is well-formed; undefined for one that is not. */
export function mutateCode(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  const module = tryDecode(bytes);
  if (module === undefined) return undefined;
  const odds = random.pick([3, 10, 40, 150]);
  try {
    return encode(module, { body: (writer, index) => writeChanged(writer, module, index, odds, random) });
  } catch {
    // A body that is not made of instructions.
    return undefined;
  }
}

/** The body of a function of one module in another, where both are functions of one form. */
function graft(bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const module = tryDecode(bytes);
  const donor = tryDecode(random.pick(corpus));
  if (!module || !donor || module.functions.length === 0 || donor.functions.length === 0) return bytes;
  const at = random.below(module.functions.length);
  const { locals, code } = random.pick(donor.functions);
  const own = module.functions[at]!.typeIndex;
  const functions = module.functions.map((one, i) => (i === at ? { typeIndex: own, locals } : one));
  return encode(module, {
    functions,
    body: (writer, i) => {
      if (i === at) writer.raw(donor.bytes, code.start, code.end);
      else writer.raw(module.bytes, module.functions[i]!.code.start, module.functions[i]!.code.end);
    },
  });
}

/** The spans of the sections, custom ones included, headers included. Empty where the bytes are not sections. */
function sectionsOf(bytes: Uint8Array): Uint8Array[] {
  const sections: Uint8Array[] = [];
  for (let at = 8; at < bytes.length; ) {
    const start = at++;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) return sections;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
    if (at > bytes.length) return sections;
    sections.push(bytes.subarray(start, at));
  }
  return sections;
}

function joined(header: Uint8Array, sections: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([header, ...sections]));
}

function replaced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]));
}

const ROUGH: readonly ((bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array)[] = [
  // Bytes.
  (bytes, random) => {
    const copy = bytes.slice();
    const count = 1 + random.below(3);
    for (let i = 0; i < count; i++) copy[8 + random.below(copy.length - 8)] = random.u32() & 0xff;
    return copy;
  },
  // Bits.
  (bytes, random) => {
    const copy = bytes.slice();
    const at = random.below(copy.length);
    copy[at] = copy[at]! ^ (1 << random.below(8));
    return copy;
  },
  // The end is missing.
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  // A few bytes more, fewer, or twice.
  (bytes, random) => {
    const at = 8 + random.below(bytes.length - 8);
    const count = random.below(6);
    return replaced(
      bytes,
      at,
      random.oneIn(2) ? count : 0,
      random.oneIn(2) ? random.bytes(count) : bytes.subarray(at, at + count),
    );
  },
  // A number written longer than it need be.
  (bytes, random) => {
    const at = 8 + random.below(bytes.length - 8);
    const longer = [bytes[at]! | 0x80, ...new Array<number>(random.below(5)).fill(0x80), 0];
    return replaced(bytes, at, 1, Uint8Array.from(longer));
  },
  // Sections swapped, doubled, left out.
  (bytes, random) => {
    const sections = sectionsOf(bytes);
    if (sections.length < 2) return bytes;
    const [a, b] = [random.below(sections.length), random.below(sections.length)];
    const kind = random.below(3);
    if (kind === 0) [sections[a], sections[b]] = [sections[b]!, sections[a]!];
    else if (kind === 1) sections.splice(a, 0, sections[b]!);
    else sections.splice(a, 1);
    return joined(bytes.subarray(0, 8), sections);
  },
  // A section of another module.
  (bytes, random, corpus) => {
    const sections = sectionsOf(bytes);
    const others = sectionsOf(random.pick(corpus));
    if (sections.length === 0 || others.length === 0) return bytes;
    const other = random.pick(others);
    const at = sections.findIndex((section) => section[0] === other[0]);
    sections.splice(at < 0 ? random.below(sections.length) : at, at < 0 ? 0 : 1, other);
    return joined(bytes.subarray(0, 8), sections);
  },
  graft,
];

/** Broken bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  if (bytes.length <= 9) return bytes;
  return random.pick(ROUGH)(bytes, random, corpus);
}
