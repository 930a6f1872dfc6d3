// Converts errors of native WebAssembly to the runtime's: which trap a message means, and where in the original module it happened, read from the
// stack trace. If a message is ambiguous, the instruction at that position decides. Frames that a stack trace does not show are not invented.
import { isStackOverflow } from '../../base/stack-overflow.js';
import { CodeReader } from '../../binary/code-reader.js';
import { frameAt } from '../../binary/name-section.js';
import { NAMES, nameSection } from '../../instrument/hooks.js';
import { EnclasmError, type Frame, type LimitError, noteFrames, Trap } from '../../wasm/errors.js';
import { OP_NAMES, slotOf } from '../../wasm/opcode-slots.js';
import type { OpName } from '../../wasm/opcodes.js';
import type { TrapId } from '../../wasm/traps.js';
import type { CodePlace, NativeCode } from './native-code.js';
import type { NativeInstance } from './native-instance.js';
import type { NativeTable } from './native-objects.js';
import type { NativeStore } from './native-store.js';
import { beginTraces, endTraces, traceOf } from './stack-traces.js';
import { isSignatureMismatch, trapOfMessage } from './trap-messages.js';
import type { JsCallable, WebAssemblyNamespace } from './webassembly.js';

/** The traps of the instructions whose positions stack traces report: instrument/flags.ts. */
const LOCATED: ReadonlySet<TrapId> = new Set<TrapId>([
  'unreachable',
  'memory-out-of-bounds',
  'integer-divide-by-zero',
  'integer-overflow',
]);

/** One wasm frame of a stack trace. */
interface RawFrame extends CodePlace {
  readonly code: NativeCode;
}
// The name is the module's, which V8 takes from its name section.
const FRAME = /wasm:\/\/wasm\/([^\s:]+)-[0-9a-f]+:wasm-function\[(\d+)\]:0x([0-9a-f]+)/g;

function rawFrames(shared: NativeStore, error: unknown): RawFrame[] {
  const stack = error instanceof Error ? traceOf(error) : undefined;
  const frames: RawFrame[] = [];
  const codes = [...shared.codes].reverse();
  if (typeof stack !== 'string') return frames;
  for (const [, name, index, offset] of stack.matchAll(FRAME)) {
    // Of several codes with one name, the latest.
    const code = codes.find((one) => one.name === name);
    const place = code?.locate(Number(index), Number.parseInt(offset!, 16));
    if (code && place) frames.push({ code, ...place });
  }
  return frames;
}

const located = new WeakMap<WebAssemblyNamespace, boolean>();
/** Whether stack traces report where a module trapped. It is tried once, with a module that traps. */
export function locatesTraps(webAssembly: WebAssemblyNamespace): boolean {
  let known = located.get(webAssembly);
  if (known === undefined) located.set(webAssembly, (known = tryLocating(webAssembly)));
  return known;
}
function tryLocating({ Module, Instance, RuntimeError }: WebAssemblyNamespace): boolean {
  // The module has one exported function: nop, unreachable.
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 6, 1, 4, 0, 1, 0, 0x0b];
  const start = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections];
  const limit = beginTraces();
  try {
    const module = new Module(Uint8Array.from([...start, ...nameSection('probe')]));
    (new Instance(module, {}).exports['f'] as JsCallable)();
  } catch (error) {
    const stack = error instanceof RuntimeError ? traceOf(error) : undefined;
    const place = typeof stack === 'string' ? [...stack.matchAll(FRAME)][0] : undefined;
    return place?.[1] === 'probe' && place[2] === '0' && Number.parseInt(place[3]!, 16) === start.length - 2;
  } finally {
    endTraces(limit);
  }
  return false;
}

function mapped({ code, functionIndex, offset }: RawFrame): Frame {
  return frameAt(code.module, functionIndex, offset);
}

/** Returns the instruction that trapped; undefined if the stack trace does not report it. */
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

/** The trap that a null operand causes, by instruction. */
const NULL_TRAPS: Partial<Record<OpName, TrapId>> = {
  call_ref: 'null-function-reference',
  return_call_ref: 'null-function-reference',
  throw_ref: 'null-exception-reference',
  'struct.get': 'null-structure-reference',
  'struct.get_s': 'null-structure-reference',
  'struct.get_u': 'null-structure-reference',
  'struct.set': 'null-structure-reference',
  'array.get': 'null-array-reference',
  'array.get_s': 'null-array-reference',
  'array.get_u': 'null-array-reference',
  'array.set': 'null-array-reference',
  'array.len': 'null-array-reference',
  'array.fill': 'null-array-reference',
  'array.copy': 'null-array-reference',
  'array.init_data': 'null-array-reference',
  'array.init_elem': 'null-array-reference',
  'i31.get_s': 'null-i31-reference',
  'i31.get_u': 'null-i31-reference',
};

/**
 * Returns the instance whose code trapped. It may differ from the holder of the counts, as instances call each other without passing through
 * JavaScript. Among several instances of one code it is the outermost that has depth left: it stored its depth just before the call that trapped, and
 * those that it called have returned.
 */
function trappedInstance(
  { counters, instances }: NativeStore,
  frame: RawFrame | undefined,
): NativeInstance | undefined {
  const holder = [...instances].find((one) => one.counters === counters.holder);
  if (frame === undefined) return holder;
  const candidates = [...instances].filter(({ code }) => code?.name === frame.code.name);
  if (candidates.length > 1 && candidates.some((one) => one.counters.exposed)) {
    return candidates.reduce((a, b) => (b.counters.getDepth() > a.counters.getDepth() ? b : a));
  }
  return candidates.find((one) => one === holder) ?? candidates[0];
}
/** Distinguishes a null from a function of another type, by the last index that the instance called through its table. */
function indirectTrap(guest: NativeInstance | undefined, tableIndex: number): Trap {
  const table = guest?.instance.tables[tableIndex] as NativeTable | undefined;
  const index = (guest?.exports[NAMES.getIndex] as (() => number) | undefined)?.() ?? 0;
  const isNull = table !== undefined && index >>> 0 < table.length && table.isNull(index >>> 0);
  return new Trap(isNull ? 'uninitialized-element' : 'indirect-call-type-mismatch');
}

/** Returns the trap that an error of the JavaScript engine means; undefined if it means none. */
function trapOf(shared: NativeStore, error: Error, frames: readonly RawFrame[]): Trap | undefined {
  const { message } = error;
  const noStack: boolean = isStackOverflow(error);
  if (noStack) return new Trap('stack-exhausted');
  if (!(error instanceof shared.webAssembly.RuntimeError)) return undefined;
  const meant = trapOfMessage(message);
  if (meant !== undefined) return new Trap(meant);
  const [frame] = frames;
  const at = instructionAt(frame);
  if (/table.*out of bounds/.test(message)) {
    const isCall = at?.name === 'call_indirect' || at?.name === 'return_call_indirect';
    return new Trap(isCall ? 'undefined-element' : 'table-out-of-bounds');
  }
  if (isSignatureMismatch(message)) return indirectTrap(trappedInstance(shared, frame), at?.reader.index2 ?? 0);
  if (/null/.test(message)) {
    return new Trap((at && NULL_TRAPS[at.name]) ?? 'null-reference');
  }
  return new Trap('unsupported-operation', [], message);
}

/** Returns what leaves the guest for an error that came out of native code. */
export function leaveGuest(shared: NativeStore, thrown: unknown): unknown {
  const { call, exceptions } = shared;
  const { pending } = call;
  call.pending = undefined;
  const error = pending ? pending.error : thrown;
  if (exceptions.isNative(error)) return withFrames(shared, exceptions.fromJs(error), thrown);
  if (!(error instanceof Error) || error instanceof EnclasmError) return withFrames(shared, error, error);
  const frames = rawFrames(shared, error);
  const trap = trapOf(shared, error, frames);
  if (trap === undefined) return error;
  const outOfFuel = LOCATED.has(trap.id) ? subtractPending(shared, frames[0]) : undefined;
  const ended: { frames: readonly Frame[] } = outOfFuel ?? trap;
  ended.frames = frames.map(mapped);
  return ended;
}
/**
 * Counts the fuel that was pending at the position of a trap as used. A block for which there was not enough fuel should not have run that far; for
 * it, this returns the error.
 */
function subtractPending({ counters }: NativeStore, frame: RawFrame | undefined): LimitError | undefined {
  const { holder, meter } = counters;
  if (frame === undefined || frame.offset < 0 || !frame.code.options.metered || !holder?.metered) return undefined;
  const left = holder.getLeft() - frame.code.pendingAt(frame);
  holder.setLeft(Math.max(0, left));
  return left < 0 ? meter.fuelExhausted() : undefined;
}

function withFrames(shared: NativeStore, error: unknown, traced: unknown): unknown {
  if (!(error instanceof EnclasmError) || !('frames' in error)) return error;
  noteFrames(error as Trap, () => rawFrames(shared, traced).map(mapped));
  return error;
}
