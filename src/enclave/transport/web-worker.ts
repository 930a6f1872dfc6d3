// The trusted side in a worker of a browser. Packets go through shared memory where the page is isolated from other origins, and as messages elsewhere;
// a page itself must not wait, so that its calls are async, and a worker's may be sync. This is the untrusted end; the worker's is
// web-worker-inside.ts. Refuses browsers without workers, and files that a content security policy keeps from them.
import { EnclaveError } from '../protocol/enclave-errors.js';
import { MAX_PACKET_BYTES } from '../protocol/packet.js';
import type { OcallHandler, Transport } from '../protocol/transport.js';
import { MessageUntrusted } from './message-wire.js';
import { RingUntrusted } from './ring.js';
import { ConversationConnection, UntrustedConversation } from './untrusted-conversation.js';
import { allocateWire, MAX_SHARED_PACKET_BYTES, type SharedWire, sharedMessages } from './web-messages.js';
import type { WebStart } from './web-worker-inside.js';

export interface WebWorkerOptions {
  /** Starts the worker, from a file that calls serveWebWorker(). */
  readonly start: () => Worker;
  /** Whether this thread may wait without running its event loop. */
  readonly canWait: boolean;
  /** Whether packets go through shared memory where the browser has it. */
  readonly sharedMemory?: boolean | undefined;
  /** Bytes of shared memory per direction for packets; larger ones have memory of their own. */
  readonly areaBytes?: number | undefined;
  /** Passed to the entry unchanged: data only. */
  readonly settings?: unknown;
}

/** The transport 'worker' of browsers. */
export function webWorkerTransport(options: WebWorkerOptions): Transport {
  // Whether there is room for shared memory shows when it is made: the first connection gets what was made to see that.
  let unused = options.sharedMemory === false ? undefined : allocateWire(options.areaBytes);
  const isShared = unused !== undefined;
  const takeWire = (): SharedWire | undefined => {
    const wire = unused ?? (isShared ? allocateWire(options.areaBytes) : undefined);
    unused = undefined;
    if (isShared && !wire)
      throw new EnclaveError('unavailable', 'there is no room for the memory shared with a worker');
    return wire;
  };
  return {
    name: 'worker',
    sync: isShared && options.canWait,
    maxPacketBytes: isShared ? MAX_SHARED_PACKET_BYTES : MAX_PACKET_BYTES,
    nests: isShared,
    canBeEnded: true,
    open: (ocall, failed) => new WebWorkerConnection(options, takeWire(), ocall, failed),
  };
}

class WebWorkerConnection extends ConversationConnection {
  readonly #worker: Worker;
  protected readonly conversation: UntrustedConversation;
  /** By messages only those that run in slices. */
  readonly reachesGuests = true;

  constructor(
    { start, settings }: WebWorkerOptions,
    shared: SharedWire | undefined,
    ocall: OcallHandler,
    failed?: () => void,
  ) {
    super();
    try {
      this.#worker = start();
    } catch (error) {
      throw new EnclaveError('unavailable', `a worker cannot be started: ${(error as Error).message}`, error);
    }
    const worker = this.#worker;
    const wire = shared
      ? new RingUntrusted(
          shared.ring,
          sharedMessages(shared.toTrusted, shared.toUntrusted, () => worker.postMessage(0)),
          // Browsers do not tell when a worker has ended by itself.
          () => true,
        )
      : new MessageUntrusted(
          { postMessage: (message, transfer) => worker.postMessage(message, [...transfer]) },
          worker,
        );
    this.conversation = new UntrustedConversation(wire, ocall, failed);
    worker.onmessage = ({ data }) => this.#received(wire, data);
    worker.onmessageerror = () => this.fail(new EnclaveError('protocol', 'the worker sent what cannot be read'));
    worker.onerror = (event) => this.fail(deathOf(event));
    worker.postMessage({ enclasm: 'enclave', wire: shared, settings } satisfies WebStart);
  }

  async close(): Promise<void> {
    this.fail(new EnclaveError('closed', 'the enclave is closed'));
  }

  /** Handles a message. Nothing is thrown into the event loop, whatever a worker posts. */
  #received(wire: RingUntrusted | MessageUntrusted, message: unknown): void {
    try {
      const packet = wire.woken(message);
      if (packet) this.conversation.received(packet);
    } catch (error) {
      this.fail(
        error instanceof EnclaveError ? error : new EnclaveError('protocol', 'the worker broke the protocol', error),
      );
    }
  }
  protected kill(): void {
    this.#worker.terminate();
  }
  /** Browsers end their workers with the page. */
  protected keepAlive(): void {}
}

/** An event without a text is that of a file which could not be loaded. */
function deathOf({ message }: ErrorEvent): EnclaveError {
  return message
    ? new EnclaveError('exit', `the worker ended with an error: ${message}`)
    : new EnclaveError(
        'unavailable',
        "the worker's file cannot be loaded: give createEnclave the option entry, the URL of 'enclasm/web/enclave-main.js', where a content security policy lets workers come from",
      );
}
