// The host's errors as ours: which trap a message means, and where in the original module it happened, read from the host's stack trace.
// Where a message stands for several traps, the instruction at that place decides. Frames a host does not show are not invented.
import { isStackOverflow } from '../../base/stack-overflow.js';
import { CodeReader } from '../../binary/code-reader.js';
import { frameAt } from '../../binary/names.js';
import { NAMES, nameSection } from '../../instrument/hooks.js';
import { EnclasmError, type Frame, type LimitError, noteFrames, Trap } from '../../wasm/errors.js';
import { type OpName, opcodeRow } from '../../wasm/opcodes.js';
import { OP_NAMES, slotOf } from '../../wasm/slots.js';
import type { TrapId } from '../../wasm/traps.js';
import type { HostCode } from './code.js';
import type { Island } from './island.js';
import type { HostTable } from './objects.js';
import type { HostState } from './state.js';
import type { HostCallable, HostWebAssembly } from './webassembly.js';

/** What a message of V8 means where it means one thing. */
const MESSAGES: readonly (readonly [RegExp, TrapId])[] = [
  [/^unreachable/, 'unreachable'],
  [/memory access out of bounds|data segment.*out of bounds/, 'memory-out-of-bounds'],
  [/(divide|remainder) by zero/, 'integer-divide-by-zero'],
  [/divide result unrepresentable|float unrepresentable/, 'integer-overflow'],
  [/array (element )?access out of bounds/, 'array-out-of-bounds'],
  [/element segment.*out of bounds/, 'table-out-of-bounds'],
  [/new array is too large/, 'out-of-memory'],
  [/illegal cast/, 'cast-failure'],
  [/unaligned access/, 'unaligned-atomic'],
  [/Atomics\.wait cannot be called/, 'expected-shared-memory'],
];

/** Traps of the instructions whose places hosts tell: instrument/flags.ts. */
const LOCATED: ReadonlySet<TrapId> = new Set<TrapId>([
  'unreachable',
  'memory-out-of-bounds',
  'integer-divide-by-zero',
  'integer-overflow',
]);

/** One wasm frame of a stack trace, by original index and offset. */
interface RawFrame {
  readonly code: HostCode;
  readonly functionIndex: number;
  readonly offset: number;
}
// The name is the module's, which V8 takes from its name section.
const FRAME = /wasm:\/\/wasm\/([^\s:]+)-[0-9a-f]+:wasm-function\[(\d+)\]:0x([0-9a-f]+)/g;

function rawFrames(state: HostState, error: unknown): RawFrame[] {
  const stack = error instanceof Error ? error.stack : undefined;
  const frames: RawFrame[] = [];
  if (typeof stack !== 'string') return frames;
  for (const [, name, index, offset] of stack.matchAll(FRAME)) {
    const code = state.codeOf(name!);
    const place = code?.locate(Number(index), Number.parseInt(offset!, 16));
    if (code && place) frames.push({ code, ...place });
  }
  return frames;
}

const located = new WeakMap<HostWebAssembly, boolean>();
/** Whether stack traces tell where a module trapped: asked once, with one that traps. */
export function locatesTraps(host: HostWebAssembly): boolean {
  let known = located.get(host);
  if (known === undefined) located.set(host, (known = tryLocating(host)));
  return known;
}
function tryLocating(host: HostWebAssembly): boolean {
  // One exported function: nop, unreachable.
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 6, 1, 4, 0, 1, 0, 0x0b];
  const start = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections];
  try {
    const module = new host.Module(Uint8Array.from([...start, ...nameSection('probe')]));
    (new host.Instance(module, {}).exports['f'] as HostCallable)();
  } catch (error) {
    const stack = error instanceof host.RuntimeError ? error.stack : undefined;
    const place = typeof stack === 'string' ? [...stack.matchAll(FRAME)][0] : undefined;
    return place?.[1] === 'probe' && place[2] === '0' && Number.parseInt(place[3]!, 16) === start.length - 2;
  }
  return false;
}

function mapped({ code, functionIndex, offset }: RawFrame): Frame {
  return frameAt(code.module, functionIndex, offset);
}

/** The instruction that trapped; undefined where the trace does not tell. */
function instructionAt(
  frame: RawFrame | undefined,
): { readonly name: OpName; readonly reader: CodeReader } | undefined {
  if (frame === undefined) return undefined;
  const { offset } = frame;
  if (offset < 0) return undefined;
  const { bytes } = frame.code.module;
  const reader = new CodeReader(bytes, offset, bytes.length);
  const name = OP_NAMES[slotOf(reader.next())];
  return name && { name, reader };
}

/**
 * Whose code ran. The holder has the fuel, which may be another: islands call each other without passing through here. Of several instances of
 * one code it is one that has depth left, for it wrote what it has just before the call that trapped; the outermost, for those that it called
 * have returned.
 */
function islandOf({ holder, islands }: HostState, frame: RawFrame | undefined): Island | undefined {
  if (frame === undefined) return holder;
  const candidates = [...islands].filter(({ codeName }) => codeName === frame.code.name);
  if (candidates.length > 1 && candidates.some(({ exposed }) => exposed)) {
    return candidates.reduce((a, b) => (b.getDepth() > a.getDepth() ? b : a));
  }
  return candidates.find((island) => island === holder) ?? candidates[0];
}
/** A null or a function of another type: the last index that the island called through its table tells. */
function indirectTrap(island: Island | undefined, tableIndex: number): Trap {
  const table = island?.instance.tables[tableIndex] as HostTable | undefined;
  const index = (island?.exports[NAMES.getIndex] as (() => number) | undefined)?.() ?? 0;
  const isNull = table !== undefined && index >>> 0 < table.length && table.isNull(index >>> 0);
  return new Trap(isNull ? 'uninitialized-element' : 'indirect-call-type-mismatch');
}

/** An error of the host's own making; undefined: not one of those. */
function trapOf(state: HostState, error: Error, frames: readonly RawFrame[]): Trap | undefined {
  const { message } = error;
  const noStack: boolean = isStackOverflow(error);
  if (noStack) return new Trap('stack-exhausted');
  if (!(error instanceof state.host.RuntimeError)) return undefined;
  for (const [pattern, id] of MESSAGES) if (pattern.test(message)) return new Trap(id);
  const [frame] = frames;
  const at = instructionAt(frame);
  if (/table.*out of bounds/.test(message)) {
    return new Trap(at && opcodeRow(at.name).calls ? 'undefined-element' : 'table-out-of-bounds');
  }
  if (/signature mismatch/.test(message)) return indirectTrap(islandOf(state, frame), at?.reader.index2 ?? 0);
  if (/null/.test(message)) {
    return new Trap((at && opcodeRow(at.name).onNull) ?? 'null-reference');
  }
  return new Trap('unsupported-operation', [], message);
}

/** What leaves the guest for an error that came out of the host. */
export function leaveGuest(state: HostState, thrown: unknown): unknown {
  const { pending } = state;
  state.pending = undefined;
  const error = pending ? pending.error : thrown;
  if (state.exceptions.isHost(error)) return withFrames(state, state.exceptions.fromHost(error), thrown);
  if (!(error instanceof Error) || error instanceof EnclasmError) return withFrames(state, error, error);
  const frames = rawFrames(state, error);
  const trap = trapOf(state, error, frames);
  if (trap === undefined) return error;
  const unfit = LOCATED.has(trap.id) ? settle(state, frames[0]) : undefined;
  const ended: { frames: readonly Frame[] } = unfit ?? trap;
  ended.frames = frames.map(mapped);
  return ended;
}
/** Takes what the place of a trap tells to be used; a block that did not fit should not have got as far: the error for that. */
function settle({ holder, store }: HostState, frame: RawFrame | undefined): LimitError | undefined {
  if (frame === undefined || frame.offset < 0 || !frame.code.options.metered || !holder?.metered) return undefined;
  const left = holder.getLeft() - frame.code.pendingAt(frame.functionIndex, frame.offset);
  holder.setLeft(Math.max(0, left));
  return left < 0 ? store.meter.fuelExhausted() : undefined;
}

function withFrames(state: HostState, error: unknown, traced: unknown): unknown {
  if (!(error instanceof EnclasmError) || !('frames' in error)) return error;
  noteFrames(error as Trap, () => rawFrames(state, traced).map(mapped));
  return error;
}
