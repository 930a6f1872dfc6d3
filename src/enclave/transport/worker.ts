// The trusted side in a worker thread, which has a heap of its own and can be stopped, but shares the address space. Packets go through shared
// memory, or as messages where there is none; all calls are async then, and so must be functions of the embedder that the guest waits for.
// This is the untrusted end; the worker's is worker-inside.ts. Refuses JavaScript environments without workers.
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { EnclaveError } from '../protocol/enclave-errors.js';
import { MAX_PACKET_BYTES } from '../protocol/packet.js';
import { codeCacheWords, type OcallHandler, type Transport } from '../protocol/transport.js';
import { MessageUntrusted } from './message-wire.js';
import { allocateRing, RingUntrusted } from './ring.js';
import { ConversationConnection, UntrustedConversation } from './untrusted-conversation.js';
import { messagesOf, type Start } from './worker-inside.js';

/** How a worker is made, for embedders. */
export interface WorkerSettings {
  /** MiB of JavaScript heap the worker may have; guest memory lies outside it and has limits of its own. Default 512. */
  readonly heapMiB?: number | undefined;
  /** Whether packets go through shared memory; if false, as messages. Default: shared memory where the JavaScript environment has it. */
  readonly sharedMemory?: boolean | undefined;
  /** Bytes of shared memory per direction; larger packets move as messages. */
  readonly areaBytes?: number | undefined;
  /** The number of cores; default: the machine's. With one core, neither side spins. */
  readonly cores?: number | undefined;
}

export interface WorkerOptions extends WorkerSettings {
  /** Path or URL of the file that calls serveWorker(). */
  readonly entry: string | { readonly href: string };
  /** A folder for the code that V8 makes of the entry; none unless given. */
  readonly codeCache?: string | undefined;
  /** Passed to the entry unchanged: data only. */
  readonly settings?: unknown;
}

const DEFAULT_HEAP_MIB = 512;

/** The transport 'worker'. */
export function workerTransport(options: WorkerOptions): Transport {
  const shared = options.sharedMemory ?? typeof SharedArrayBuffer === 'function';
  return {
    name: 'worker',
    sync: shared,
    maxPacketBytes: MAX_PACKET_BYTES,
    nests: shared,
    canBeEnded: true,
    open: (ocall, failed) => new WorkerConnection(options, shared, ocall, failed),
  };
}

class WorkerConnection extends ConversationConnection {
  /** Those of this thread with a call that has no answer yet. */
  static readonly #busy = new Set<WorkerConnection>();
  readonly #worker: Worker;
  readonly #port: MessagePort;
  protected readonly conversation: UntrustedConversation;
  readonly #exited: Promise<void>;
  readonly reachesGuests = true;
  #seenAlive = false;
  #isBusy = false;

  constructor(options: WorkerOptions, shared: boolean, ocall: OcallHandler, failed?: () => void) {
    super();
    const { port1, port2 } = new MessageChannel();
    const aborts = shared ? undefined : new MessageChannel();
    this.#port = port1;
    const ring = shared ? allocateRing(options.areaBytes) : undefined;
    const spin = (options.cores ?? availableParallelism()) > 1;
    const start: Start = {
      enclasm: 'enclave',
      ring,
      port: port2,
      aborts: aborts?.port2,
      spin,
      settings: options.settings,
    };
    try {
      this.#worker = startWorker(options, start);
    } catch (error) {
      port1.close();
      throw error;
    }
    const wire = ring
      ? new RingUntrusted(ring, messagesOf(port1, spin), () => this.#lives())
      : new MessageUntrusted(port1, aborts!.port1);
    this.conversation = new UntrustedConversation(wire, ocall, failed);
    port1.on('message', (message: unknown) => this.#received(wire, message));
    port1.on('messageerror', (error) => this.fail(brokenBy(error)));
    port1.unref();
    this.#worker.unref();
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.once('error', (error: unknown) => this.conversation.fail(deathOf(error)));
    this.#worker.once('exit', (code) => {
      WorkerConnection.#busy.delete(this);
      this.conversation.fail(new EnclaveError('exit', `the worker ended with code ${code}`));
      port1.close();
    });
  }

  /** The process's time, in equal parts: the system gives threads that want a processor turns of about the same length. */
  processorClock(): () => number {
    let before = process.cpuUsage();
    return () => {
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      return (user + system) / 1_000 / Math.max(1, WorkerConnection.#busy.size);
    };
  }
  async close(): Promise<void> {
    this.fail(new EnclaveError('closed', 'the enclave is closed'));
    await this.#exited;
  }

  /** Handles a message. Nothing is thrown into the event loop, whatever a worker posts. */
  #received(wire: RingUntrusted | MessageUntrusted, message: unknown): void {
    try {
      const packet = wire.woken(message);
      if (packet) this.conversation.received(packet);
    } catch (error) {
      this.fail(error instanceof EnclaveError ? error : brokenBy(error));
    }
    this.keepAlive();
  }
  protected kill(): void {
    void this.#worker.terminate();
  }
  protected keepAlive(): void {
    const isBusy = this.conversation.pending > 0;
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    if (isBusy) WorkerConnection.#busy.add(this);
    else WorkerConnection.#busy.delete(this);
    for (const handle of [this.#port, this.#worker]) {
      if (isBusy) handle.ref();
      else handle.unref();
    }
  }
  /** Whether the worker still runs. This needs no event: the event loop of a worker that has stopped reports no time. */
  #lives(): boolean {
    const { active } = this.#worker.performance.eventLoopUtilization();
    if (active > 0) this.#seenAlive = true;
    return active > 0 || !this.#seenAlive;
  }
}

function startWorker(options: WorkerOptions, start: Start): Worker {
  try {
    return new Worker(typeof options.entry === 'string' ? options.entry : new URL(options.entry.href), {
      workerData: start,
      transferList: start.aborts ? [start.port, start.aborts] : [start.port],
      env: {},
      execArgv: [],
      argv: codeCacheWords(options.codeCache),
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMiB ?? DEFAULT_HEAP_MIB },
    });
  } catch (error) {
    throw new EnclaveError('unavailable', `a worker cannot be started: ${(error as Error).message}`, error);
  }
}

/** Returns the error for what a worker threw, which may be any value, even null. */
function deathOf(thrown: unknown): EnclaveError {
  if ((thrown as { readonly code?: unknown } | null | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new EnclaveError('out-of-memory', 'the worker used up its JavaScript heap', thrown);
  }
  return new EnclaveError('exit', `the worker ended with an error: ${textOf(thrown)}`, thrown);
}
function brokenBy(error: unknown): EnclaveError {
  return new EnclaveError('protocol', `the worker broke the protocol: ${textOf(error)}`, error);
}
function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : typeof thrown;
}
