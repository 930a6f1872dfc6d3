// The interfaces between client, dispatcher and transports. A transport moves packets; it reads no field but kind and sequence. Types only.
import type { Layout, Route } from './codec.js';
import type { EnclaveError } from './enclave-errors.js';
import type { PacketBuffer } from './packet.js';

/** A signal like AbortSignal; where the JavaScript environment has none, an object of the embedder's will do. */
export interface AbortSignalLike {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Why it was aborted: the `cause` of the error. */
  readonly reason?: unknown;
  /** Registers a listener that is called when it is aborted. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A clock with timers. */
export interface Timers {
  /** Milliseconds since an arbitrary start. */
  now(): number;
  /** Runs `action` once after some milliseconds, unless the function returned is called before. */
  after(ms: number, action: () => void): () => void;
}

/** Tells a function of the embedder's that is awaited that the guest's call was given up. */
export interface GivenUp {
  /** Called then, once at most. */
  listener: (() => void) | undefined;
}
/**
 * The untrusted side's end of an ocall: it always answers and never throws. It returns a promise only where a function of the embedder is async, and
 * where the call was given up that promise ends at once, whatever the function does.
 */
export type OcallHandler = (packet: PacketBuffer, givenUp?: GivenUp) => PacketBuffer | Promise<PacketBuffer>;

export interface Transport {
  readonly name: string;
  /** Whether calls can be made without awaiting. */
  readonly sync: boolean;
  /** Largest packet in bytes. */
  readonly maxPacketBytes: number;
  /**
   * Whether calls that a function of the embedder makes run inside the guest's call that waits for it, and under its limits. If false, the
   * guest is paused meanwhile, and such calls have only limits of their own.
   */
  readonly nests: boolean;
  /** Whether this side can end its trusted side while a guest runs there. */
  readonly canBeEnded?: boolean;
  /**
   * Starts a trusted side for one client. Throws an EnclaveError where the JavaScript environment or the operating system cannot.
   * @param failed called once when no more calls are possible, whatever the reason
   */
  open(ocall: OcallHandler, failed?: () => void): Connection;
}

/** One client's wire to one trusted side. */
export interface Connection {
  /** Fixed memory, perhaps shared, to write the next sync command to; undefined where there is none now. */
  outgoing?(): PacketBuffer | undefined;
  /** Sends a command (its sequence number is written into it here, and returned) and waits. Throws EnclaveError. */
  callSync(packet: PacketBuffer, answer: PacketBuffer, timeoutMs: number | undefined): number;
  /** Sends a command when its turn comes. `ticket` names it for abort(). Rejects with EnclaveError. */
  call(packet: PacketBuffer, ticket: Ticket): Promise<PacketBuffer>;
  /** Asks the guest to stop. True where the call had not begun and is rejected with `error` now. */
  abort(ticket: Ticket, error: EnclaveError): boolean;
  /** Whether abort() reaches a guest that runs, so that it stops by itself if it is given the time. */
  readonly reachesGuests?: boolean;
  /**
   * Starts to count how long the trusted side has a processor. The function tells about how many milliseconds it had one since it was last called;
   * undefined where the system does not say.
   */
  processorClock?(): () => number | undefined;
  /** Stops the trusted side at once; every call that waits is rejected with `error`. */
  fail(error: EnclaveError): void;
  /** Why no more calls are possible. */
  readonly failure: EnclaveError | undefined;
  /** Ends the trusted side and waits until it is gone. */
  close(): Promise<void>;
}

/** One call in progress. */
export interface Ticket {
  /** Called when the call is sent: until then it waits for others. */
  sent?: (() => void) | undefined;
  /** Set by abort(); the trusted side checks it where it can. */
  aborted: boolean;
}

/** How a command arrived, and how it may be answered. */
export interface CommandCall {
  /** The client waits without blocking: the guest may run in slices, natives may be async, and the answer is a promise. */
  readonly async: boolean;
  /** Whether the client gave up on the command: checked while the guest runs. */
  readonly signal: { readonly aborted: boolean } | undefined;
  /** Whether the packet lies in memory that no other thread writes to until it is answered: then it is not copied. */
  readonly isPrivate?: boolean;
}

/** An answer that is not yet written. It must be written before the next command, which may use the memory of its bytes. */
export interface Answer {
  readonly kind: number;
  readonly sequence: number;
  readonly route: Route;
  readonly layout: Layout;
  readonly values: object;
}

/** The trusted side, as a transport uses it. */
export interface TrustedEntry {
  /**
   * Handles one command: WAMR's ecall_handle_command. A faulty packet gets an error answer.
   * @param source where the packet lies, perhaps in memory shared with a thread that is writing to it
   * @param length bytes of it, which the caller has read once
   */
  handleCommand(source: PacketBuffer, length: number, call: CommandCall & { readonly async: true }): Promise<Answer>;
  handleCommand(source: PacketBuffer, length: number, call?: CommandCall & { readonly async: false }): Answer;
  /** Writes an answer. Throws an Overflow where fixed memory is too small: then it is written to growable memory. */
  writeAnswer(answer: Answer, buffer: PacketBuffer): void;
  /** The untrusted side is gone: destroys what is alive, now or as soon as no command runs. Later commands are refused. */
  end(): void;
}

/**
 * Builds a trusted side over a way to make ocalls.
 * @param blocking ocalls are answered before they return, even where the embedder's function is async
 */
export type TrustedFactory = (ocall: OcallHandler, blocking: boolean) => TrustedEntry;

export { codeCacheWords } from '../../platform/code-cache-words.js';
