// One run of a guest in an enclave of its own, from the first command to the end of the enclave, which stays after the guest has ended so that its
// memory can be read. Refuses nothing: how it ended is an Outcome.
import { batch } from '@preact/signals';
import type { Handle } from '#src/enclave/protocol/fields.js';
import { webWorkerTransport } from '#src/enclave/transport/web-worker.js';
import { Enclave } from '#src/enclave/untrusted/client.js';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { webTimers } from '#src/platform/web/platform.js';
import type { ModeChoice } from '#src/runtime/running-mode.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import { filesOf, treeOf } from '../file-tree.js';
import { MemoryWish } from '../memory-wish.js';
import type { GivenFiles, InputFile, Report, Watch } from '../messages.js';
import { Console } from './console.js';
import { moduleClient } from './module-client.js';
import { exited, failed, framesOf, type Outcome, returned } from './outcome.js';
import * as state from './state.js';

export const terminal = new Console();

export interface RunRequest {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The export that is called; undefined: the program runs. */
  readonly entry: number | undefined;
  readonly args: readonly string[];
  readonly environment: readonly string[];
  /** Undefined: the terminal asks for it. */
  readonly stdin: string | undefined;
  readonly files: readonly InputFile[];
  readonly mode: ModeChoice;
  readonly limits: LimitOptions;
  readonly records: boolean;
  /** Bytes of the pool; undefined: memory is the browser's own. */
  readonly poolBytes: number | undefined;
}

interface MemoryRead {
  readonly address: number;
  readonly length: number;
  readonly resolve: (bytes: Uint8Array | undefined) => void;
}

function print(bytes: Uint8Array): void {
  state.printed.value = true;
  terminal.write(bytes);
}

class Session {
  readonly #request: RunRequest;
  readonly #stop = new AbortController();
  readonly #files: MemoryFileSystem;
  readonly #wish = state.isolated ? new MemoryWish() : undefined;
  /** Reads of the running guest's memory that have no answer yet, the one that was wished for first. */
  readonly #reads: MemoryRead[] = [];
  #enclave: Enclave | undefined;
  #instance: Handle<'instance'> | undefined;
  /** When the guest was called; what comes before is the enclave's start. */
  #calledAt: number | undefined;
  #stdinAt = 0;
  readonly #stdin: Uint8Array | undefined;

  constructor(request: RunRequest) {
    this.#request = request;
    this.#files = new MemoryFileSystem(treeOf(request.files));
    this.#stdin = request.stdin === undefined ? undefined : new TextEncoder().encode(request.stdin);
  }

  /** Milliseconds of the guest's call. */
  get elapsed(): number {
    return this.#calledAt === undefined ? 0 : performance.now() - this.#calledAt;
  }

  async run(): Promise<Outcome> {
    let mode: string | undefined;
    let modeReason: string | undefined;
    try {
      const { name, bytes, mode: wanted, limits, environment, args, entry } = this.#request;
      const enclave = (this.#enclave = await this.#start());
      const signal = this.#stop.signal;
      await enclave.initRuntime({ options: this.#memory() }, { signal });
      const { module } = await enclave.loadModule({ bytes, name }, { signal });
      const argv = [name.replace(/\.wasm$/, ''), ...args];
      await enclave.setWasiArgs({
        module,
        options: {
          args: argv,
          env: environment,
          preopens: [{ guestPath: '/', grant: 0, readOnly: false }],
          stdin: 'host',
          stdout: 'host',
          stderr: 'host',
        },
      });
      const made = await enclave.instantiateModule({ module, options: { mode: wanted, limits } }, { signal });
      ({ mode } = made);
      modeReason = wanted === 'auto' ? made.modeReason : 'as you chose';
      this.#instance = made.instance;
      return { ...(await this.#call(enclave, made.instance, entry, args, argv)), mode, modeReason };
    } catch (error) {
      const begun = this.#instance !== undefined || this.#enclave?.failure !== undefined;
      const outcome = failed(error, { begun, memoryBytes: this.#request.limits.memoryBytes });
      const frames = framesOf(error);
      const named = frames.length === 0 ? [] : await moduleClient.ask('frames', { frames }).catch(() => []);
      return { ...outcome, frames: named, mode, modeReason };
    } finally {
      this.#endReads();
    }
  }
  async #call(
    enclave: Enclave,
    instance: Handle<'instance'>,
    entry: number | undefined,
    args: readonly string[],
    argv: readonly string[],
  ): Promise<Outcome> {
    const { signal } = this.#stop;
    this.#calledAt = performance.now();
    state.phase.value = 'running';
    if (entry === undefined) {
      const { exitCode, refused } = await enclave.execAppMain({ instance, argv: [...argv] }, { signal });
      return exited(exitCode, refused);
    }
    const name = await moduleClient.ask('exportName', { index: entry });
    const { results } = await enclave.execAppFunc({ instance, name, argv: [...args] }, { signal });
    return returned(results);
  }

  #memory() {
    const { poolBytes } = this.#request;
    return poolBytes === undefined
      ? { memAllocType: 'system' as const }
      : { memAllocType: 'pool' as const, heapSize: poolBytes };
  }

  async #start(): Promise<Enclave> {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Report>) => {
      // Reports of an enclave that was ended may still arrive.
      if (data.kind === 'memory') this.#memoryRead(data.bytes);
      else if (this === current) received(data, this.elapsed);
    };
    const given: GivenFiles | undefined = state.isolated
      ? undefined
      : { stdin: this.#stdin ?? new Uint8Array(0), files: this.#request.files };
    const watch: Watch = { port: port2, profile: this.#request.records, given, wish: this.#wish?.memory };
    const transport = webWorkerTransport({
      start: () => {
        const worker = new Worker(new URL('enclave.js', import.meta.url), { type: 'module' });
        worker.postMessage(watch, [port2]);
        return worker;
      },
      canWait: false,
    });
    return Enclave.create({
      transport,
      timers: webTimers,
      observePacket: (packet) => state.packets.add(packet),
      stdin: (length) => this.#input(length),
      stdout: print,
      stderr: print,
      log: (_, text) => print(new TextEncoder().encode(`${text.trimEnd()}\n`)),
      grants: [this.#files],
    });
  }
  #input(length: number): Uint8Array | Promise<Uint8Array> {
    if (!this.#stdin) return terminal.read(length);
    const part = this.#stdin.subarray(this.#stdinAt, this.#stdinAt + length);
    this.#stdinAt += part.length;
    return part;
  }

  #memoryRead(bytes: Uint8Array | undefined): void {
    this.#reads.shift()?.resolve(bytes);
    const [next] = this.#reads;
    if (next) this.#wish!.wish(next.address, next.length);
  }
  /** The guest runs no more: what it was asked for last is not answered. */
  #endReads(): void {
    for (const { resolve } of this.#reads.splice(0)) resolve(undefined);
  }

  /** Asks the guest to stop; a second time ends the worker. */
  stop(): void {
    if (this.#stop.signal.aborted) void this.#enclave?.close();
    else this.#stop.abort();
  }
  /** Ends the enclave, and the guest's memory with it. */
  end(): void {
    this.#stop.abort();
    void this.#enclave?.close();
  }
  /** The files as they are now, where they are on this page. */
  get files(): readonly InputFile[] | undefined {
    return state.isolated ? filesOf(this.#files.snapshot()) : undefined;
  }
  /** Bytes of the guest's memory; undefined where there are none to be had any more. */
  async readMemory(address: number, length: number): Promise<Uint8Array | undefined> {
    // A guest that waits for the terminal answers commands meanwhile.
    if (state.runs.value && this.#wish && !state.waitsForInput.value) {
      return new Promise((resolve) => {
        this.#reads.push({ address, length, resolve });
        if (this.#reads.length === 1) this.#wish!.wish(address, length);
      });
    }
    if (this.#instance === undefined || this.#enclave?.failure) return undefined;
    const answer = await this.#enclave
      ?.readMemory({ instance: this.#instance, address, length })
      .catch(() => undefined);
    return answer?.bytes;
  }
}

/** @param ms of the guest's call */
function received(report: Exclude<Report, { kind: 'memory' }>, ms: number): void {
  switch (report.kind) {
    case 'usage': {
      state.usage.value = report.usage;
      const { fuel = 0, memoryBytes } = report.usage;
      state.moments.add({ ms, fuel, memoryBytes });
      break;
    }
    case 'calls':
      state.calls.add(...report.first, ...(report.skipped > 0 ? [{ skipped: report.skipped }] : []), ...report.last);
      break;
    case 'heap':
      state.heap.value = report.heap;
      break;
    case 'files':
      state.files.value = report.files;
      break;
    case 'profile':
      state.flame.value = report.flame;
  }
}

let current: Session | undefined;

/** Ends what runs and what is kept of the last run. */
export function endSession(): void {
  current?.end();
  current = undefined;
  terminal.listen(false);
  batch(() => {
    state.phase.value = 'idle';
    state.outcome.value = state.usage.value = state.heap.value = undefined;
    state.flame.value = state.files.value = undefined;
    state.elapsed.value = 0;
    state.printed.value = false;
  });
  for (const log of [state.calls, state.packets, state.moments]) log.clear();
  terminal.clear();
}

export async function start(request: RunRequest): Promise<void> {
  endSession();
  const session = (current = new Session(request));
  batch(() => {
    state.phase.value = 'starting';
    state.run.value++;
    state.runLimits.value = request.limits;
  });
  terminal.listen(request.stdin === undefined && state.isolated);
  const tell = (): void => {
    state.elapsed.value = session.elapsed;
  };
  const clock = setInterval(tell, 100);
  const outcome = await session.run();
  clearInterval(clock);
  if (session !== current) return;
  terminal.listen(false);
  batch(() => {
    tell();
    lookAtFiles();
    state.outcome.value = outcome;
    state.phase.value = 'ended';
  });
}

export function stop(): void {
  if (!state.runs.value) return;
  state.phase.value = 'stopping';
  current?.stop();
}
terminal.onInterrupt = stop;

export function readMemory(address: number, length: number): Promise<Uint8Array | undefined> {
  return current?.readMemory(address, length) ?? Promise.resolve(undefined);
}

/** Looks at the guest's files again, where they are on this page; where they are not they come with each command's end. */
export function lookAtFiles(): void {
  const files = current?.files;
  if (files) state.files.value = files;
}
