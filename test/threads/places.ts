// Where guests with threads run in tests: in turn on this thread, called at once or in slices, in workers, and in an enclave over every transport. What comes out of a
// call is written down in the same way everywhere, so that outcomes can be compared. Refuses natives of the embedder: they see other things in each.

import type { InstantiateOptions as HereOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import type { WasmModule } from '#src/embed/module/wasm-module.js';
import { Runtime } from '#src/embed/runtime.js';
import type { Handle } from '#src/enclave/protocol/fields.js';
import type { InitArgs, InstantiateOptions, WasiArgs } from '#src/enclave/protocol/structures.js';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { OutputSink } from '#src/imports/wasi/index.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import type { ThreadWait } from '#src/wasm/errors.js';
import type { Usage } from '#src/wasm/usage-table.js';
import { open, SUBJECTS, type Subject, WORKER_SUBJECTS } from '../transports/enclaves.js';
import { enginesFor } from './engines.js';

/** What a call came to. */
export interface Outcome {
  /** The exit code, results, or what was thrown: class, which trap or limit, message, thread, and where threads wait. */
  readonly end: number | readonly unknown[] | Thrown;
  /** What the guest has used since it was made. */
  readonly usage: Usage;
}
export interface Thrown {
  readonly error: string;
  readonly id: string | undefined;
  readonly message: string;
  readonly thread: number | undefined;
  readonly waits:
    | readonly (readonly [thread: number, address: number | undefined, functions: readonly string[]])[]
    | undefined;
}

export interface Guest {
  main(): Promise<Outcome>;
  call(name: string, ...values: number[]): Promise<Outcome>;
  /** What it has written to its standard output. */
  readonly text: string;
  /** How many of its threads are alive, the first not counted. */
  alive(): Promise<number>;
  /** Another guest in the same runtime: the one that was announced. */
  next(): Promise<Guest>;
}
/** What runtimes and instances are made with; the pool and what WASI gives are those of the place. */
export interface GuestOptions extends Omit<InstantiateOptions, 'natives'> {
  readonly maxThreadNum?: number;
  readonly args?: readonly string[];
  /** Announces another guest. */
  readonly next?: Uint8Array;
}
/** What was left when the guest's runtime had ended. */
export interface LeftOver {
  readonly bytes: number;
  readonly threads: number;
}

export interface Place {
  readonly name: string;
  /** Threads run in workers: no seed decides their order. */
  readonly parallel: boolean;
  /** Makes a guest in a runtime of its own; ends the one before. */
  start(bytes: Uint8Array, options?: GuestOptions): Promise<Guest>;
  /** Ends the guest's runtime. */
  end(): Promise<LeftOver>;
  /** Ends the place. */
  close(): Promise<void>;
}

const POOL = 16 << 20;

function thrown(error: unknown): Thrown {
  const { name, message, id, limit, thread, waits } = error as Error & {
    readonly id?: string;
    readonly limit?: string;
    readonly thread?: number;
    readonly waits?: readonly ThreadWait[];
  };
  return {
    error: name,
    id: id ?? limit,
    message,
    thread,
    waits: waits?.map((wait) => [wait.thread, wait.address, wait.frames.map(({ functionName }) => functionName)]),
  };
}
async function outcomeOf(call: () => unknown, usage: () => Usage | Promise<Usage>): Promise<Outcome> {
  let end: Outcome['end'];
  try {
    end = (await call()) as Outcome['end'];
  } catch (error) {
    end = thrown(error);
  }
  return { end, usage: await usage() };
}

/** @param mode in which threads run in workers; undefined: in turn */
function howIn(mode: RunningMode | undefined): Pick<HereOptions, 'mode' | 'threads' | 'metered'> {
  return mode ? { mode, threads: 'parallel', metered: true } : { mode: 'interp' };
}

/**
 * Guests in this thread. Starting workers takes much longer than what most guests do, so those in workers come one after the other in one runtime: what each
 * leaves is seen when it has been deinstantiated. @param mode in which threads run in workers; undefined: in turn
 */
function here(name: string, inSlices: boolean, mode?: RunningMode): Place {
  let runtime: Runtime | undefined;
  let most: number | undefined;
  let before = 0;
  const guests: { readonly module: WasmModule; readonly instance: WasmInstance }[] = [];
  const destroy = (): LeftOver => {
    const report = runtime?.destroy();
    runtime = undefined;
    guests.length = 0;
    return { bytes: report?.leaks?.bytes ?? 0, threads: report?.threads ?? 0 };
  };
  const free = (): number => runtime!.getMemAllocInfo()!.totalFree;
  const end = async (): Promise<LeftOver> => {
    if (runtime === undefined || mode === undefined) return destroy();
    let threads = 0;
    for (const { module, instance } of guests.splice(0).reverse()) {
      threads += instance.instance.threads?.alive ?? 0;
      instance.deinstantiate();
      module.unload();
    }
    return { bytes: before - free(), threads };
  };
  return {
    name,
    parallel: mode !== undefined,
    async start(bytes, { maxThreadNum, next, args = [], ...options } = {}) {
      await end();
      if (runtime && most !== maxThreadNum) destroy();
      most = maxThreadNum;
      runtime ??= Runtime.init(
        { memAllocType: 'pool', memAllocOption: { pool: { heapSize: POOL } }, maxThreadNum },
        { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines: enginesFor(mode) },
      );
      before = free();
      const made = runtime;
      const guestOf = (from: Uint8Array, given: HereOptions): Guest => {
        const stdout = new OutputSink();
        const module = made.load(from);
        const instance = made.instantiate(module, { ...howIn(mode), ...given, wasi: { args, stdout } });
        guests.push({ module, instance });
        const used = () => instance.usage;
        return {
          main: () => outcomeOf(() => (inSlices ? instance.executeMainAsync() : instance.executeMain()), used),
          call: (called, ...values) => {
            const func = instance.lookupFunction(called)!;
            return outcomeOf(() => (inSlices ? func.callAsync(values) : func.call(...values)), used);
          },
          get text() {
            return stdout.text;
          },
          alive: async () => instance.instance.threads?.alive ?? 0,
          next: async () => guestOf(next!, {}),
        };
      };
      return guestOf(bytes, options);
    },
    end,
    close: async () => void destroy(),
  };
}

/** The same in an enclave. @param mode in which threads run in workers; undefined: in turn */
function inEnclave(subject: Subject, mode?: RunningMode): Place {
  let enclave: Enclave | undefined;
  let hasRuntime = false;
  let most: number | undefined;
  let before = 0;
  let text = '';
  const guests: Made[] = [];
  const destroy = async (): Promise<LeftOver> => {
    if (!hasRuntime) return { bytes: 0, threads: 0 };
    hasRuntime = false;
    guests.length = 0;
    const { report } = await enclave!.destroyRuntime();
    return { bytes: report.leakedBytes, threads: report.threads };
  };
  const free = async (): Promise<number> => (await enclave!.getMemAllocInfo()).info!.totalFree;
  const end = async (): Promise<LeftOver> => {
    if (!hasRuntime || mode === undefined) return destroy();
    let threads = 0;
    for (const guest of guests.splice(0).reverse()) {
      if ('instance' in guest) {
        threads += (await enclave!.countThreads(guest)).alive;
        await enclave!.deinstantiateModule(guest);
      } else await enclave!.unloadModule(guest);
    }
    return { bytes: before - (await free()), threads };
  };
  return {
    name: `enclave ${subject.name}${mode ? `, in workers, ${mode}` : ''}`,
    parallel: mode !== undefined,
    async start(bytes, { maxThreadNum, next, args = [], ...options } = {}) {
      enclave ??= await open(subject, {
        stdout: (written) => {
          text += new TextDecoder().decode(written);
        },
      });
      await end();
      if (hasRuntime && most !== maxThreadNum) await destroy();
      most = maxThreadNum;
      text = '';
      const initArgs: InitArgs = { memAllocType: 'pool', heapSize: POOL, maxThreadNum };
      if (!hasRuntime) await enclave.initRuntime({ options: initArgs });
      hasRuntime = true;
      before = await free();
      const lives = enclave;
      const guestOf = (from: Uint8Array, given: InstantiateOptions): Promise<Guest> =>
        guestIn(lives, from, { options: { ...howIn(mode), ...given }, args }, guests, {
          text: () => text,
          next: () => guestOf(next!, {}),
        });
      return guestOf(bytes, options);
    },
    end,
    close: async () => {
      await enclave?.close();
      enclave = undefined;
      hasRuntime = false;
    },
  };
}

type Made = { readonly module: Handle<'module'> } | { readonly instance: Handle<'instance'> };

/** Makes a guest in an enclave. @param made what has to be ended with it, in order */
async function guestIn(
  enclave: Enclave,
  bytes: Uint8Array,
  { options, args }: { readonly options: InstantiateOptions; readonly args: readonly string[] },
  made: Made[],
  { text, next }: { text(): string; next(): Promise<Guest> },
): Promise<Guest> {
  const { module } = await enclave.loadModule({ bytes });
  made.push({ module });
  const wasi: WasiArgs = { args, stdout: 'host' };
  await enclave.setWasiArgs({ module, options: wasi });
  const { instance } = await enclave.instantiateModule({ module, options });
  made.push({ instance });
  const used = async () => (await enclave.getUsage({ instance })).usage;
  return {
    main: () => outcomeOf(async () => (await enclave.execAppMain({ instance, argv: args })).exitCode, used),
    call: (name, ...values) =>
      outcomeOf(async () => {
        const { results } = await enclave.execAppFunc({ instance, name, argv: values.map(String) });
        return results.map((shown) => Number.parseInt(shown, 16) | 0);
      }, used),
    get text() {
      return text();
    },
    alive: async () => (await enclave.countThreads({ instance })).alive,
    next,
  };
}

/** Each is a place of its own: a test file closes those that it takes. */
export function places(): readonly Place[] {
  return [
    here('at once', false),
    here('in slices', true),
    here('in workers, host', false, 'host'),
    here('in workers, host, awaited', true, 'host'),
    here('in workers, jit', false, 'jit'),
    here('in workers, aot', false, 'aot'),
    here('in workers, interp', false, 'interp'),
    ...SUBJECTS.map((subject) => inEnclave(subject)),
    ...WORKER_SUBJECTS.map((subject) => inEnclave(subject, 'host')),
  ];
}
