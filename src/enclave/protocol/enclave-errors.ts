// The errors of the boundary itself. The runtime's errors cross as themselves: see wire-errors.ts.
import { EnclasmError } from '../../wasm/errors.js';

/** The other side sent bytes that are not what the protocol says. Nothing was done with them. */
export class ProtocolError extends EnclasmError {
  override readonly name = 'ProtocolError';
  readonly kind = 'protocol';
}

/** Why an enclave cannot answer any more, or could not be started. */
export type EnclaveFailure =
  /** The untrusted side closed it. */
  | 'closed'
  /** The call did not end before its deadline; the trusted side was stopped. */
  | 'timeout'
  /** The call's AbortSignal was aborted and the guest did not stop by itself. */
  | 'aborted'
  /** It ended: it exited without being asked to, or an error happened outside any command. */
  | 'exit'
  /** The operating system ended it with a signal. */
  | 'killed'
  | 'out-of-memory'
  /** It broke the protocol, so its answers are not believed any more. */
  | 'protocol'
  /** The JavaScript environment or the operating system lacks what the transport needs, or the enclave could not be started. */
  | 'unavailable'
  /** The call cannot be made in this way: a sync call over an async transport, a payload beyond the limit, a full queue. */
  | 'refused';

/** The enclave, not the guest, failed. `failure` says how; the message says what to do. */
export class EnclaveError extends EnclasmError {
  override readonly name = 'EnclaveError';
  readonly kind = 'enclave';
  /** The way it failed, for programs to test. */
  readonly failure: EnclaveFailure;
  /** An error about an enclave. @param cause what led to it */
  constructor(failure: EnclaveFailure, text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

/** A guest's exception that the guest did not catch, as the untrusted side sees it: the payload's values. */
export class GuestException extends EnclasmError {
  override readonly name = 'GuestException';
  readonly kind = 'exception';
  /** The thread that threw it, where the guest has several: 0 is the first. */
  readonly thread: number | undefined;
  /** Stands for an exception inside. @param thread the thread that threw it */
  constructor(thread?: number) {
    super();
    this.thread = thread;
  }
}

/**
 * A function of the embedder threw during an ocall. The thrown value stays on the untrusted side and is found there again by `id` when it comes
 * out of the call that led to it.
 */
export class UntrustedFailure extends EnclasmError {
  override readonly name = 'UntrustedFailure';
  readonly kind = 'host';
  /** The number that the thrown value is kept under. */
  readonly id: number;
  /** Stands for what a function of the embedder threw. @param id the number that the thrown value is kept under */
  constructor(id: number, text: string) {
    super(text);
    this.id = id;
  }
}

/** An error of the runtime whose class the boundary does not know: its kind and text, as they were. */
export class OtherError extends EnclasmError {
  override readonly name = 'OtherError';
  readonly kind: string;
  /** An error of another class. @param kind the kind of that class */
  constructor(kind: string) {
    super();
    this.kind = kind;
  }
}

// The untrusted side imports this folder alone, so it finds the table behind handles, and its error, here.
export { HandleError, HandleTable } from '../../base/handle-table.js';
export { FileError } from '../../platform/errno.js';
export {
  EnclasmError,
  ExitError,
  InternalError,
  InvalidError,
  LimitError,
  LinkError,
  MalformedError,
  signalError,
  Trap,
  UsageError,
} from '../../wasm/errors.js';
export { addUsage, sumOfFuel } from '../../wasm/usage-table.js';
