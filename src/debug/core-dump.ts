// A core dump of a guest that trapped, as the tool conventions of WebAssembly say (Coredump.md): frames, memories and globals as a file that debuggers
// read. Engines do not keep the values of locals and operands, so these are given as missing.
import { ByteWriter } from '../binary/writer.js';
import type { Instance } from '../runtime/instance.js';
import type { MemoryInstance } from '../runtime/memory.js';
import { Slots } from '../runtime/slots.js';
import type { Frame } from '../wasm/errors.js';
import { F32, F64, I32, I64, isRef, V128 } from '../wasm/types.js';

/** Memory is written in pieces of this size, without those that hold nothing but zeros. */
const PIECE_BYTES = 4_096;
const MISSING = 0x01;
const EXTERNREF = 0x6f;

/**
 * @param program the name of the program that ran
 * @param frames of the trap, innermost first; those of other modules are left out
 */
export function coreDump(instance: Instance, program: string, frames: readonly Frame[]): Uint8Array {
  const writer = new ByteWriter();
  writer.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  writer.section(0, () => {
    writer.name('core');
    writer.u8(0);
    writer.name(program);
  });
  writer.section(0, () => {
    writer.name('corestack');
    writer.u8(0);
    writer.name('main');
    writer.vector(framesOf(instance, frames), ({ functionIndex, offset }) => {
      writer.u8(0);
      writer.u32(functionIndex);
      writer.u32(offset);
      const { params, locals } = frameShape(instance, functionIndex);
      writer.vector(new Array<undefined>(params + locals).fill(undefined), () => writer.u8(MISSING));
      writer.u32(0);
    });
  });
  writer.vectorSection(5, instance.memories, (memory) => writeMemoryType(writer, memory));
  writer.vectorSection(6, instance.globals, (_, i) => writeGlobal(writer, instance, i));
  const pieces = instance.memories.flatMap((memory, index) =>
    piecesOf(memory).map((piece) => ({ index, memory, piece })),
  );
  writer.vectorSection(11, pieces, ({ index, memory, piece }) => {
    writer.u8(index === 0 ? 0 : 2);
    if (index > 0) writer.u32(index);
    if (memory.type.address === 'i64') {
      writer.u8(0x42);
      writer.s64(BigInt(piece.start));
    } else {
      writer.u8(0x41);
      writer.s32(piece.start | 0);
    }
    writer.u8(0x0b);
    writer.u32(piece.end - piece.start);
    writer.raw(memory.views.u8, piece.start, piece.end);
  });
  return writer.finish();
}

/** Returns the frames of the instance's module, with offsets from the start of their functions; 0 where the engine knows none. */
function framesOf({ module }: Instance, frames: readonly Frame[]): { functionIndex: number; offset: number }[] {
  const imported = module.spaces.importedFunctions;
  return frames.flatMap(({ functionIndex, offset }) => {
    const body = module.functions[functionIndex - imported];
    if (body === undefined) return [];
    const isInside = offset >= body.start && offset < body.code.end;
    return [{ functionIndex, offset: isInside ? offset - body.start : 0 }];
  });
}
/** Beyond this many, locals are not listed: all of them are missing. */
const MOST_LOCALS = 1_000;
function frameShape({ module }: Instance, functionIndex: number): { readonly params: number; readonly locals: number } {
  const body = module.functions[functionIndex - module.spaces.importedFunctions]!;
  const params = module.spaces.functions[functionIndex]!.params.length;
  const locals = body.locals.reduce((sum, { count }) => sum + count, 0);
  return { params, locals: Math.min(locals, MOST_LOCALS) };
}

function writeMemoryType(writer: ByteWriter, { type, pages }: MemoryInstance): void {
  const { address, pageSizeLog2 } = type;
  const custom = pageSizeLog2 !== 16;
  writer.u8((address === 'i64' ? 4 : 0) | (custom ? 8 : 0));
  writer.u64(BigInt(pages));
  if (custom) writer.u32(pageSizeLog2);
}

/** A constant of the value that the global has. What a reference refers to is not in the dump: it is null. */
function writeGlobal(writer: ByteWriter, { globals }: Instance, index: number): void {
  const { type } = globals[index]!.type;
  const slots = new Slots(1);
  globals[index]!.toSlot(slots, 0);
  if (isRef(type)) writer.u8(EXTERNREF);
  else writer.type(type);
  writer.u8(0);
  if (type === I32) {
    writer.u8(0x41);
    writer.s32(slots.i32[0]!);
  } else if (type === I64) {
    writer.u8(0x42);
    writer.s64((BigInt(slots.i32[1]!) << 32n) | BigInt(slots.i32[0]! >>> 0));
  } else if (type === F32 || type === F64) {
    writer.u8(type === F32 ? 0x43 : 0x44);
    writer.raw(slots.u8, 0, type === F32 ? 4 : 8);
  } else if (type === V128) {
    writer.u8(0xfd);
    writer.u32(12);
    writer.raw(slots.u8, 0, 16);
  } else writer.raw(Uint8Array.of(0xd0, EXTERNREF));
  writer.u8(0x0b);
}

function piecesOf(memory: MemoryInstance): { start: number; end: number }[] {
  const { u8 } = memory.views;
  const pieces: { start: number; end: number }[] = [];
  for (let start = 0; start < u8.length; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, u8.length);
    let isEmpty = true;
    for (let at = start; at < end && isEmpty; at++) isEmpty = u8[at] === 0;
    if (isEmpty) continue;
    const last = pieces.at(-1);
    if (last?.end === start) last.end = end;
    else pieces.push({ start, end });
  }
  return pieces;
}
