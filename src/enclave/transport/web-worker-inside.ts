// The trusted end of the transport in browsers: what the worker's entry file runs. Refuses workers that webWorkerTransport() did not start.
import type { TrustedFactory } from '../protocol/transport.js';
import { type Port, serveMessages } from './message-wire.js';
import { RingTrusted } from './ring.js';
import { type EventLoop, TrustedConversation } from './trusted-conversation.js';
import { type SharedWire, sharedMessages } from './web-messages.js';

/** The first message that the worker gets. */
export interface WebStart {
  readonly enclasm: 'enclave';
  /** Undefined where packets go as messages. */
  readonly wire: SharedWire | undefined;
  readonly settings: unknown;
}

/** What this file uses of a worker's global scope. */
export interface WorkerScope {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void, options?: { once: boolean }): void;
}

/**
 * Serves until the worker is stopped.
 * @param scope the worker's global scope
 * @param build makes the trusted side from the settings that webWorkerTransport() was given
 * @param eventLoop the worker's
 */
export function serveWebWorker(
  scope: WorkerScope,
  build: (settings: never) => Promise<TrustedFactory>,
  eventLoop: EventLoop,
): void {
  scope.addEventListener(
    'message',
    ({ data }) => {
      const { enclasm, wire, settings } = (data ?? {}) as Partial<WebStart>;
      if (enclasm !== 'enclave') throw new Error('this file is the entry of an enclave worker');
      // The page is told of what fails, as of any error of a worker.
      build(settings as never).then((factory) => serve(factory, wire), reportError);
    },
    { once: true },
  );
  function serve(factory: TrustedFactory, wire: SharedWire | undefined): void {
    if (!wire) {
      // They arrive whenever the event loop runs: between the slices of a guest in a mode that can pause.
      const aborted: unknown[] = [];
      scope.addEventListener('message', ({ data: sequence }) => typeof sequence === 'number' && aborted.push(sequence));
      serveMessages(portOf(scope), factory, () => aborted.shift(), eventLoop.now);
      return;
    }
    const { ring, toTrusted, toUntrusted } = wire;
    const messages = sharedMessages(toUntrusted, toTrusted, () => scope.postMessage(0));
    const conversation = new TrustedConversation(new RingTrusted(ring, messages), eventLoop);
    void conversation.serve(factory(conversation.ocall, true));
  }
}

function portOf(scope: WorkerScope): Port {
  return {
    postMessage: (message, transfer) => scope.postMessage(message, transfer),
    on: (_, listener) => scope.addEventListener('message', ({ data }) => listener(data)),
  };
}
