// Every error that this runtime throws at an embedder. Each says what was wrong, where, and which kind it is; none is matched by text.
// Refuses messages that control a terminal or fill a log: text that they quote is made printable and cut.
import { printable, shortened } from '../base/quote.js';
import type { Feature } from './features.js';
import type { LimitName } from './limit-table.js';
import { TRAPS, type TrapId } from './traps.js';
import type { Usage } from './usage-table.js';

/** One wasm frame of a trap, innermost first. */
export interface Frame {
  /** Index of the function in its module, imports first; -1 if the engine does not know it. */
  readonly functionIndex: number;
  /** The function's name from the name section or an export, or `$fN`. */
  readonly functionName: string;
  /** The name under which the module was loaded, else the one in its name section; '' without either, or if the engine does not know the module. */
  readonly moduleName: string;
  /** Absolute byte offset of the instruction in the module, in jit and aot of the function's first one; -1 if the engine does not know it. */
  readonly offset: number;
}

/** The longest message, in UTF-16 units. */
const LONGEST_MESSAGE = 4_096;

/** Returns a text as messages have it: on one line, printable and not too long. */
export function messageText(text: string): string {
  return printable(shortened(text, LONGEST_MESSAGE));
}

/** The parent of all errors of this runtime. Errors of the embedder's own natives are not instances of it: they come through unchanged. */
export abstract class EnclasmError extends Error {
  /** The name of the error's class. */
  abstract override readonly name: string;
  /** The kind of error, for code: one word for each class. */
  abstract readonly kind: string;
  /** Makes an error with a message that a terminal can show, cut at 4,096 characters. */
  constructor(message = '', options?: ErrorOptions) {
    super(messageText(message), options);
  }
  /** Returns what JSON.stringify writes: name, kind, message, and the fields of the kind; bigints as digits. */
  toJSON(): Record<string, unknown> {
    const { name, kind, message, ...fields } = this as EnclasmError & Record<string, unknown>;
    return { name, kind, message, ...(jsonFields(fields) as object) };
  }
}

/** Copies plain data, with bigints as digits. Functions and instances of classes are left out. */
function jsonFields(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'symbol' ? undefined : value;
  if (Array.isArray(value)) return value.map(jsonFields);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, jsonFields(one)]));
}

/** The bytes are not a module: `offset` is absolute. */
export class MalformedError extends EnclasmError {
  override readonly name = 'MalformedError';
  readonly kind = 'malformed';
  /** Where in the module the fault is, in bytes from its start. */
  readonly offset: number;
  /**
   * Makes an error about a module's bytes.
   * @param text the specification's text
   * @param offset bytes from the start of the module
   */
  constructor(text: string, offset: number) {
    super(`${text} (at offset 0x${offset.toString(16)})`);
    this.offset = offset;
  }
}

/** The module is well-formed but not valid, or uses a feature that is off. */
export class InvalidError extends EnclasmError {
  override readonly name = 'InvalidError';
  readonly kind = 'invalid';
  /** Where in the module the fault is, in bytes from its start. */
  readonly offset: number;
  /** Index of the function, or -1 outside functions. */
  readonly functionIndex: number;
  /** The feature to switch on, if that is what is missing. */
  readonly feature: Feature | undefined;
  /**
   * Makes an error about a module.
   * @param text the specification's text, or the implementation's limit
   * @param offset bytes from the start of the module
   */
  constructor(text: string, offset: number, functionIndex = -1, feature?: Feature) {
    super(`${text} (${functionIndex < 0 ? '' : `function ${functionIndex}, `}at offset 0x${offset.toString(16)})`);
    this.offset = offset;
    this.functionIndex = functionIndex;
    this.feature = feature;
  }
}

/** An import is missing or has the wrong type, or instances cannot be linked. */
export class LinkError extends EnclasmError {
  override readonly name = 'LinkError';
  readonly kind = 'link';
}

/** The mode of the instance cannot take an import, or cannot run or meter the module; another mode may be able to. */
export class OtherModeError extends LinkError {}

/** The guest did what the specification forbids at run time. */
export class Trap extends EnclasmError {
  override readonly name = 'Trap';
  readonly kind = 'trap';
  /** Which trap it is, for code. */
  readonly id: TrapId;
  /** The guest's frames, innermost first; empty if the guest was not running. */
  frames: readonly Frame[];
  /** The thread that trapped, where the guest has several: 0 is the first. */
  thread: number | undefined = undefined;
  /** In a deadlock: where each thread waits. */
  waits: readonly ThreadWait[] | undefined = undefined;
  /**
   * Makes a trap; a native that throws one makes its guest trap.
   * @param frames the guest's frames; the runtime adds them if they are absent
   * @param detail replaces the specification's text, for traps whose text the embedder gives
   */
  constructor(id: TrapId, frames: readonly Frame[] = [], detail?: string) {
    super(detail ?? TRAPS[id].spec);
    this.id = id;
    this.frames = frames;
  }
}

/** A thread of a guest that waits for ever. */
export interface ThreadWait {
  /** 0 is the first. */
  readonly thread: number;
  /** Where `memory.atomic.notify` would wake it; undefined where it waits in a native. */
  readonly address: number | undefined;
  /** Where it is, innermost first. */
  readonly frames: readonly Frame[];
}

/** Errors that say where the guest was. */
interface Traced {
  frames: readonly Frame[];
}
/** Adds the frames to an error that has none. A native may have frozen the error that it throws, which then stays as it is. */
export function noteFrames(error: Traced, frames: () => readonly Frame[]): void {
  if (!error.frames?.length) Reflect.set(error, 'frames', frames());
}

/** Notes in which thread of a guest an error came about, unless it knows already. */
export function noteThread(error: unknown, thread: number): void {
  if (error instanceof EnclasmError && 'thread' in error && error.thread === undefined) {
    Reflect.set(error, 'thread', thread);
  }
}

/** The guest asked to end (WASI proc_exit). Not a failure; never wrapped, never matched by text. */
export class ExitError extends EnclasmError {
  override readonly name = 'ExitError';
  readonly kind = 'exit';
  /** What the guest gave to `proc_exit`: 0 to 2^32-1. */
  readonly code: number;
  /** Ends the guest with an exit code when a native throws it. @param code 0 to 2^32-1 */
  constructor(code: number) {
    super(`guest exited with code ${code}`);
    this.code = code;
  }
}

function limitText(limit: LimitName, value: number): string {
  return `limit ${limit} reached (${value})`;
}

/** A limit was hit. The error says which, its value, and what had been used. */
export class LimitError extends EnclasmError {
  override readonly name = 'LimitError';
  readonly kind = 'limit';
  /** The limit that was hit; 'signal' if an AbortSignal was aborted. */
  readonly limit: LimitName;
  /** What the limit allows, in its own unit: instructions, milliseconds, bytes or a count. */
  readonly value: number;
  /** What the call had used; undefined if no guest ran. */
  usage: Usage | undefined;
  /** The guest's frames, innermost first; empty if the guest was not running. */
  frames: readonly Frame[] = [];
  /** The thread that reached it, where the guest has several: 0 is the first. */
  thread: number | undefined = undefined;
  /**
   * Makes an error about a limit.
   * @param value what the limit allows
   * @param detail what the message says besides
   * @param cause what led to it: of a signal, the reason that it was aborted with
   */
  constructor(limit: LimitName, value: number, detail?: string, cause?: unknown) {
    super(`${limitText(limit, value)}${detail ? `: ${detail}` : ''}`, cause === undefined ? undefined : { cause });
    this.limit = limit;
    this.value = value;
  }
  /** What the message says besides the limit and its value. */
  get detail(): string | undefined {
    return this.message.slice(limitText(this.limit, this.value).length + ': '.length) || undefined;
  }
}

/** What a call ends with whose signal was aborted. */
export function signalError({ reason }: { readonly reason?: unknown }): LimitError {
  return new LimitError('signal', 0, 'the AbortSignal was aborted', reason);
}

/** Adds the usage to an error that has none. A native may have frozen the error that it throws, which then stays as it is. */
export function noteUsage(error: LimitError, usage: () => Usage): void {
  if (error.usage === undefined) Reflect.set(error, 'usage', usage());
}

/** Adds to what an error says. A native may have frozen what it throws: that stays as it is. */
export function addToMessage(error: EnclasmError, text: string): void {
  if (Object.isFrozen(error)) return;
  Object.defineProperty(error, 'message', {
    value: messageText(`${error.message}, ${text}`),
    configurable: true,
    writable: true,
  });
}

/** A misuse of the API: a stale handle, unload with live instances, a second init. */
export class UsageError extends EnclasmError {
  override readonly name = 'UsageError';
  readonly kind = 'usage';
}

/** A bug of this runtime: please report it. */
export class InternalError extends EnclasmError {
  override readonly name = 'InternalError';
  readonly kind = 'internal';
}
