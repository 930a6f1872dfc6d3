// A guest in this thread, without a boundary, which is the fastest way to run a file. Refuses what the runtime refuses.
import { dirname } from 'node:path';
import type { AotModule } from '../entry/aot.js';
import type { Observer } from '../entry/debug.js';
import type { Engine, Frame, WasmInstance } from '../entry/embed.js';
import {
  ALL_LIBRARIES,
  externText,
  firstEngines,
  type Needs,
  nodePlatform,
  otherEngines,
  Runtime,
  startsThreads,
} from '../entry/lean.js';
import type { WasiOptions } from '../entry/libraries.js';
import { limitInCode } from '../entry/tables.js';
import type { Stage } from './describe.js';
import { moduleReader } from './files.js';
import type { Io } from './io.js';
import type { NativeLib } from './native-lib.js';
import type { Progress } from './progress.js';
import { type Guest, heapSizeFor, LOG_LEVELS, type RunRequest } from './request.js';

/** What a run may need besides the request and the module. */
export interface Extras {
  readonly natives: readonly NativeLib[];
  /** The module's code, compiled ahead of time. */
  readonly compiled?: AotModule | undefined;
  readonly progress?: Progress | undefined;
  /** Who sees what the guest does. */
  readonly observe?: Observer | undefined;
}

/** @param reached called with the stage that begins, for errors */
export async function guestHere(
  request: RunRequest,
  bytes: Uint8Array,
  io: Io,
  { natives, compiled, progress, observe }: Extras,
  reached: (stage: Stage) => void,
): Promise<Guest> {
  // More may follow when it is known what the module needs.
  const engines = compiled ? await aotEngines(compiled) : await firstEngines(request.mode, io.codeStore);
  const runtime = Runtime.init(
    {
      ...(request.pool === undefined
        ? {}
        : { memAllocType: 'pool' as const, memAllocOption: { pool: { heapSize: request.pool } } }),
      maxThreadNum: request.maxThreads,
      logLevel: LOG_LEVELS[request.verbosity],
    },
    {
      platform: platformFor(request, io),
      engines,
      libraries: ALL_LIBRARIES,
    },
  );
  try {
    reached('load');
    for (const { moduleName, symbols } of natives) runtime.registerNatives(moduleName, symbols);
    runtime.setModuleReader(moduleReader(request.modulePath));
    const module = runtime.load(bytes, { name: request.file, features: request.features });
    const alone = !module.imports.some((one) => runtime.findModuleRegistered(one.module));
    const needs: Needs = { usedFeatures: module.usedFeatures, alone, threads: hasThreads(request, module) };
    if (request.mode === 'auto' && !compiled) engines.push(...(await otherEngines(engines[0]!, needs)));
    reached('instantiate');
    const metered = request.usage || request.json || request.observe.profileBy === 'fuel';
    // A guest without limits runs at the speed of native WebAssembly, and then cannot report its progress.
    const interruptible = metered || limitInCode(request.limits) !== undefined;
    const instance = runtime.instantiate(module, {
      heapSize: heapSizeFor(request, {
        imports: module.imports,
        functions: new Map(module.exports.map((one) => [one.name, externText(one)])),
      }),
      mode: request.mode,
      limits: request.limits,
      metered,
      interruptible,
      deterministic: request.deterministic,
      seed: request.seed,
      threads: request.threads,
      strictLinking: request.strict,
      signal: progress && interruptible ? ticker(progress) : undefined,
      wasi: wasiOptions(request, io),
      observe,
    });
    return new GuestHere(runtime, instance, natives);
  } catch (error) {
    runtime.destroy();
    throw error;
  }
}

/** Its workers start from code that is kept where the command's is. */
function platformFor({ program }: RunRequest, io: Io): ReturnType<typeof nodePlatform> {
  const log = (line: string): void => io.err(line.replace(/^\[enclasm (\w+)\] (\1: )?/, `${program}: $1: `));
  return nodePlatform(log, io.codeFolder && dirname(io.codeFolder));
}
/** Whether the guest may start threads. */
function hasThreads({ threads }: RunRequest, module: Parameters<typeof startsThreads>[0]): boolean {
  return threads === 'auto' ? startsThreads(module) : threads === 'cooperative';
}

/** The guest occupies this thread, but checks now and then whether it should stop: the progress is reported from there. */
function ticker(progress: Progress): { readonly aborted: boolean } {
  return {
    get aborted() {
      progress.tick();
      return false;
    },
  };
}

async function aotEngines(compiled: AotModule): Promise<Engine[]> {
  const { aotEngine } = await import('../entry/aot.js');
  const { left } = compiled.header;
  return [aotEngine([compiled], left.length > 0 ? (await import('../entry/interp.js')).interpFallback() : undefined)];
}

function wasiOptions(request: RunRequest, io: Io): WasiOptions {
  return {
    args: [request.argv0, ...request.args],
    env: request.env,
    preopens: Object.fromEntries(
      request.directories.map(({ guest, host, readOnly }) => [guest, { path: host, readOnly }]),
    ),
    addressPool: request.addressPool,
    allowResolve: request.allowResolve,
    stdin: io.stdin,
    stdout: io.stdout,
    stderr: io.stderr,
  };
}

class GuestHere implements Guest {
  readonly #runtime: Runtime;
  readonly #instance: WasmInstance;
  readonly #natives: readonly NativeLib[];
  constructor(runtime: Runtime, instance: WasmInstance, natives: readonly NativeLib[]) {
    this.#natives = natives;
    this.#runtime = runtime;
    this.#instance = instance;
  }
  get mode(): string {
    return this.#instance.mode;
  }
  get modeReason(): string {
    return this.#instance.modeReason;
  }
  main(argv: readonly string[]): number {
    return this.#instance.executeMain(argv);
  }
  get refused(): string | undefined {
    return this.#instance.refused;
  }
  call(name: string, argv: readonly string[]): string[] {
    return this.#instance.executeFunc(name, argv);
  }
  exception(): string | null {
    return this.#instance.getException();
  }
  async coreDump(frames: readonly Frame[]): Promise<Uint8Array> {
    return (await import('../entry/debug.js')).coreDump(this.#instance, frames);
  }
  usage() {
    return this.#instance.usage;
  }
  end(): void {
    this.#runtime.destroy();
    for (const library of this.#natives) library.close();
  }
}
