// The trusted end of transport 'worker': what the worker's entry file runs. Refuses threads that workerTransport() did not start.
import { Buffer } from 'node:buffer';
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type CopyBytes, plainCopy } from '../protocol/packet.js';
import type { TrustedFactory } from '../protocol/transport.js';
import { serveMessages } from './message-wire.js';
import { eventLoop } from './node-event-loop.js';
import { type Messages, type RingMemory, RingTrusted } from './ring.js';
import { TrustedConversation } from './trusted-conversation.js';

/** The data that a worker gets when it starts. */
export interface Start {
  readonly enclasm: 'enclave';
  readonly ring: RingMemory | undefined;
  readonly port: MessagePort;
  /** Brings the sequence numbers of calls that were given up, where there is no shared memory. */
  readonly aborts: MessagePort | undefined;
  readonly spin: boolean;
  readonly settings: unknown;
}

/** The number of bytes from which Node's copy is faster. */
const LARGE_BYTES = 2_048;

/**
 * Filling a buffer with as many bytes as it has room for copies them. Node does that by memcpy even where memory is shared, while the language's
 * own set() copies by words. Measured: 64 KiB in 1 us instead of 2.2.
 */
const copyBytes: CopyBytes = (target, at, source, length) => {
  if (length < LARGE_BYTES) plainCopy(target, at, source, length);
  else Buffer.prototype.fill.call(target as Buffer, source, at, at + length);
};

export function messagesOf(port: MessagePort, spin: boolean): Messages {
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    take: () => receiveMessageOnPort(port)?.message as unknown,
    now: () => performance.now(),
    spin,
    copy: copyBytes,
  };
}

/**
 * Serves until the worker is stopped.
 * @param build makes the trusted side from the settings that workerTransport() was given
 */
export function serveWorker(build: (settings: unknown) => TrustedFactory): void {
  const { enclasm, ring, port, aborts, spin, settings } = workerData as Start;
  if (enclasm !== 'enclave') throw new Error('this file is the entry of an enclave worker');
  const factory = build(settings);
  if (!ring) {
    const takeAborted = (): unknown => aborts && receiveMessageOnPort(aborts)?.message;
    serveMessages(port, factory, takeAborted, () => performance.now());
    return;
  }
  const conversation = new TrustedConversation(new RingTrusted(ring, messagesOf(port, spin)), eventLoop);
  void conversation.serve(factory(conversation.ocall, true));
}

/** Whether this thread was started by workerTransport(). */
export function isEnclaveWorker(): boolean {
  return (workerData as Partial<Start> | null)?.enclasm === 'enclave';
}
