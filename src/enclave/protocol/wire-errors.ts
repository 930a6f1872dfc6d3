// Errors as they cross: their kind, fields, text and frames. The receiving side makes an error of the same class.
// Refuses to let the text of an unknown exception out, because it may quote secrets of the trusted side.

import { ALLOCATOR_ERROR_KINDS, AllocatorError, type AllocatorErrorKind } from '../../alloc/allocator-errors.js';
import { HandleError } from '../../base/handle-table.js';
import { INIT_STEPS, InitError, type InitStep } from '../../embed/init/init-steps.js';
import { ERRNO_NAMES, type ErrnoName, FileError } from '../../platform/errno.js';
import { PLUGIN_FAULTS, PluginError, type PluginFault } from '../../runtime/plugin-error.js';
import {
  EnclasmError,
  ExitError,
  type Frame,
  InternalError,
  InvalidError,
  LimitError,
  LinkError,
  MalformedError,
  messageText,
  Trap,
  UsageError,
} from '../../wasm/errors.js';
import { FEATURES, type Feature } from '../../wasm/features.js';
import { LIMIT_NAMES } from '../../wasm/limit-table.js';
import { TRAP_BY_NUMBER, TRAPS } from '../../wasm/traps.js';
import { Layout } from './codec.js';
import { GuestException, OtherError, ProtocolError, UntrustedFailure } from './enclave-errors.js';
import {
  cutText,
  f64,
  i32,
  list,
  MAX_MESSAGE_CHARS,
  MAX_NAME_CHARS,
  type ObjectOf,
  oneOf,
  optional,
  size,
  struct,
  u32,
} from './fields.js';
import { frame, usage } from './structures.js';

/** The kinds of errors, in the order of their numbers: append only. */
const kind = oneOf(
  'malformed',
  'invalid',
  'link',
  'trap',
  'exit',
  'limit',
  'usage',
  'internal',
  'exception',
  'init',
  'protocol',
  'host',
  'file',
  'other',
  'allocator',
  'plugin',
);

/** The most frames of an error: a deep recursion must not make a packet of megabytes. */
const MAX_FRAMES = 64;
/** The same of a deadlock, in which each thread has frames: so many threads, with so many frames each. */
const MAX_WAITS = 64;
const MAX_WAIT_FRAMES = 16;

const threadWait = struct({ thread: u32, address: optional(f64), frames: list(frame, MAX_WAIT_FRAMES) });

const wireError = struct({
  kind,
  message: cutText(MAX_MESSAGE_CHARS),
  /** Trap: number. File: errno. */
  number: optional(u32),
  offset: optional(f64),
  functionIndex: optional(i32),
  /** Invalid: missing feature. Init: step. Plugin: fault. */
  name: optional(cutText(MAX_NAME_CHARS)),
  exitCode: optional(i32),
  limit: optional(oneOf(...LIMIT_NAMES)),
  value: optional(f64),
  usage: optional(usage),
  frames: list(frame, MAX_FRAMES),
  thrownId: optional(size),
  /** Trap, limit, exception: where the guest has several. */
  thread: optional(u32),
  /** Deadlock: where each thread waits. */
  waits: optional(list(threadWait, MAX_WAITS)),
});
type WireError = ObjectOf<{ error: typeof wireError }>['error'];

/** The layout of all error answers. */
export const ERROR_LAYOUT = new Layout({ error: wireError });

const WITHHELD = 'internal error of the trusted side; its text is withheld';

/** Converts an error for the other side. @param used what the command used before it failed */
export function toWire(error: unknown, used?: WireError['usage']): WireError {
  const wire = describe(error);
  return used === undefined ? wire : { ...wire, usage: used };
}

function describe(error: unknown): WireError {
  const message = error instanceof Error ? error.message : '';
  const frames = framesOf(error);
  if (error instanceof Trap) {
    return { kind: 'trap', message, number: TRAPS[error.id].number, frames, ...threadsOf(error) };
  }
  if (error instanceof ExitError) return { kind: 'exit', message, exitCode: error.code | 0, frames };
  if (error instanceof LimitError) return { ...limitFields(error), kind: 'limit', message, frames };
  if (error instanceof MalformedError) return { kind: 'malformed', message, offset: error.offset, frames };
  if (error instanceof InvalidError) {
    const { offset, functionIndex, feature } = error;
    return { kind: 'invalid', message, offset, functionIndex, name: feature, frames };
  }
  if (error instanceof FileError) return { kind: 'file', message, number: ERRNO_NAMES.indexOf(error.code), frames };
  if (error instanceof UntrustedFailure) return { kind: 'host', message, thrownId: error.id, frames };
  if (error instanceof HandleError) return { kind: 'usage', message, frames };
  if (error instanceof AllocatorError) return { kind: 'allocator', message, name: error.kind, frames };
  if (error instanceof PluginError) {
    return { kind: 'plugin', message, name: error.fault, exitCode: error.code | 0, frames };
  }
  if (error instanceof InitError) return { kind: 'init', message, name: error.step, frames };
  if (error instanceof EnclasmError) return byKind(error, message, frames);
  return { kind: 'internal', message: WITHHELD, frames: [] };
}

function threadsOf({ thread, waits }: Trap): Pick<WireError, 'thread' | 'waits'> {
  if (waits === undefined) return { thread };
  return {
    thread,
    waits: waits.slice(0, MAX_WAITS).map((wait) => ({ ...wait, frames: wait.frames.slice(0, MAX_WAIT_FRAMES) })),
  };
}

function limitFields(error: LimitError): Pick<WireError, 'limit' | 'value' | 'usage' | 'thread'> {
  return { limit: error.limit, value: error.value, usage: error.usage, thread: error.thread };
}

/** This folder does not know the classes of the embedding API, so it recognises them by their kind. */
function byKind(error: EnclasmError, message: string, frames: readonly Frame[]): WireError {
  switch (error.kind) {
    case 'link':
    case 'usage':
    case 'protocol':
      return { kind: error.kind, message, frames };
    case 'exception':
      return { kind: 'exception', message, frames, thread: (error as { readonly thread?: number | undefined }).thread };
    case 'internal':
      return { kind: 'internal', message: WITHHELD, frames: [] };
    default:
      return { kind: 'other', message, name: error.kind, frames };
  }
}

function framesOf(error: unknown): readonly Frame[] {
  const frames = (error as { frames?: unknown } | null | undefined)?.frames;
  return Array.isArray(frames) ? frames.slice(0, MAX_FRAMES) : [];
}

/** Makes the error that crossed, in its own class. Throws a ProtocolError where its fields contradict its kind. */
export function fromWire(wire: WireError): EnclasmError {
  const error = build(wire);
  Object.defineProperty(error, 'message', {
    value: messageText(wire.message),
    configurable: true,
    writable: true,
    enumerable: false,
  });
  return error;
}

function build(wire: WireError): EnclasmError {
  switch (wire.kind) {
    case 'malformed':
      return new MalformedError('', wire.offset ?? -1);
    case 'invalid':
      return new InvalidError('', wire.offset ?? -1, wire.functionIndex ?? -1, featureOf(wire.name));
    case 'link':
      return new LinkError();
    case 'trap': {
      const id = TRAP_BY_NUMBER.get(wire.number ?? -1);
      if (id === undefined) throw new ProtocolError(`trap number ${wire.number}`);
      const trap = new Trap(id, wire.frames);
      trap.thread = wire.thread;
      trap.waits = wire.waits?.map(({ thread, address, frames }) => ({ thread, address, frames }));
      return trap;
    }
    case 'exit':
      return new ExitError(wire.exitCode ?? 0);
    case 'limit': {
      if (wire.limit === undefined) throw new ProtocolError('a limit error without its limit');
      const error = new LimitError(wire.limit, wire.value ?? 0);
      error.frames = wire.frames;
      error.usage = wire.usage;
      error.thread = wire.thread;
      return error;
    }
    case 'usage':
      return new UsageError();
    case 'internal':
      if (wire.message !== WITHHELD) throw new ProtocolError('an internal error crosses without its text');
      return new InternalError();
    case 'exception':
      return new GuestException(wire.thread);
    case 'init':
      return new InitError(stepOf(wire.name), undefined);
    case 'allocator':
      return new AllocatorError(allocatorKindOf(wire.name), '');
    case 'plugin':
      return new PluginError(faultOf(wire.name), '', wire.exitCode ?? 0);
    case 'protocol':
      return new ProtocolError();
    case 'host':
      return new UntrustedFailure(wire.thrownId ?? -1, wire.message);
    case 'other':
      return new OtherError(wire.name ?? 'unknown');
    case 'file':
      return new FileError(errnoOf(wire.number));
  }
}

function featureOf(name: string | undefined): Feature | undefined {
  return name !== undefined && Object.hasOwn(FEATURES, name) ? (name as Feature) : undefined;
}
function stepOf(name: string | undefined): InitStep {
  const step = INIT_STEPS.find((one) => one === name);
  if (step === undefined) throw new ProtocolError(`init step ${name}`);
  return step;
}
function allocatorKindOf(name: string | undefined): AllocatorErrorKind {
  const found = ALLOCATOR_ERROR_KINDS.find((one) => one === name);
  if (found === undefined) throw new ProtocolError(`allocator error ${name}`);
  return found;
}
function faultOf(name: string | undefined): PluginFault {
  const found = PLUGIN_FAULTS.find((one) => one === name);
  if (found === undefined) throw new ProtocolError(`plugin fault ${name}`);
  return found;
}
function errnoOf(number: number | undefined): ErrnoName {
  const name = ERRNO_NAMES[number ?? -1];
  if (name === undefined) throw new ProtocolError(`errno ${number}`);
  return name;
}
