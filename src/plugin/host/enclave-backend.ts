// A plugin in an enclave: the same calls as commands, its natives and grants as functions of this side. What it was given is taken back at its end.
// Refuses streams in an enclave that has streams of its own.
import type { Handle } from '../../enclave/protocol/fields.js';
import type { ExtismGrants, NativeTable, WasiArgs } from '../../enclave/protocol/structures.js';
import type { Enclave } from '../../enclave/untrusted/client.js';
import type { FileSystem } from '../../platform/files.js';
import { UsageError } from '../../wasm/errors.js';
import type { ModuleNames } from '../guest/convention.js';
import type { LiveConvention, PluginCall, PluginResult } from '../guest/plugin-guest.js';
import type { PluginBackend, PluginCallOptions, ProgramOutcome } from './backend.js';
import { configOf, httpFunction, userFunctions } from './extism-functions.js';
import { namedNatives, type PluginSettings } from './plugin-options.js';
/** Where an enclave comes from. */
export interface EnclaveSource {
  readonly enclave: Enclave;
  /** It was made for the plugin, and ends with it. */
  readonly isOwn: boolean;
  /** Initialises its runtime; an enclave of others is initialised. */
  prepare(): Promise<unknown>;
  /** A directory of this host as a file system. */
  directory(path: string): FileSystem;
}

/** Milliseconds beyond a call's deadline after which a guest that did not stop is ended with its enclave. */
const HARD_STOP_MS = 1_000;

export class EnclaveBackend implements PluginBackend {
  readonly names: ModuleNames;
  readonly #source: EnclaveSource;
  readonly #bytes: Uint8Array;
  readonly #options: PluginSettings;
  readonly #given: Given;
  #module: Handle<'module'>;
  #instance: Handle<'instance'> | undefined;

  private constructor(
    source: EnclaveSource,
    bytes: Uint8Array,
    options: PluginSettings,
    given: Given,
    module: Handle<'module'>,
    names: ModuleNames,
  ) {
    this.#source = source;
    this.#bytes = bytes;
    this.#options = options;
    this.#given = given;
    this.#module = module;
    this.names = names;
  }

  /** @throws UsageError, EnclaveError, and what loading a module throws; then an enclave of its own is closed */
  static async make(source: EnclaveSource, bytes: Uint8Array, options: PluginSettings): Promise<EnclaveBackend> {
    const { enclave, isOwn } = source;
    let given: Given | undefined;
    try {
      given = give(source, options);
      await source.prepare();
      const { module } = await enclave.loadModule({ bytes, ...(options.name !== undefined && { name: options.name }) });
      const { imports } = await enclave.listImports({ module });
      const { exports } = await enclave.listExports({ module });
      return new EnclaveBackend(source, bytes, options, given, module, { imports, exports });
    } catch (error) {
      given?.end();
      if (isOwn) await enclave.close();
      throw error;
    }
  }

  async open(convention: LiveConvention): Promise<void> {
    const { enclave } = this.#source;
    await this.#revive();
    const { extism, wasi } = this.#given;
    if (wasi !== undefined)
      await enclave.setWasiArgs({ module: this.#module, options: withStreams(wasi, this.#options) });
    const { instance } = await enclave.instantiatePlugin({
      module: this.#module,
      convention,
      options: this.#instanceOptions,
      ...(convention === 'extism' && { extism }),
    });
    this.#instance = instance;
  }
  async call({ name, input, isText, maxOutputBytes }: PluginCall, options: PluginCallOptions): Promise<PluginResult> {
    const { enclave } = this.#source;
    const { output, usage } = await enclave.callPlugin(
      { instance: this.#instance!, name, input, isText, maxOutputBytes, limits: this.#limits(options) },
      this.#guard(options),
    );
    return { output: output.slice(), usage };
  }
  async run(input: Uint8Array, maxOutputBytes: number, options: PluginCallOptions): Promise<ProgramOutcome> {
    const { enclave } = this.#source;
    await this.#revive();
    const { usage, exitCode, stdout, stderr, refused } = await enclave.runProgram(
      {
        module: this.#module,
        stdin: input,
        maxOutputBytes,
        wasi: { ...this.#given.wasi, ...(this.#options.wasi?.stderr && { stderr: 'host' }) },
        options: this.#instanceOptions,
        limits: this.#limits(options),
      },
      this.#guard(options),
    );
    return { exitCode, stdout: stdout.slice(), stderr: stderr.slice(), refused, usage: usage! };
  }
  async drop(): Promise<void> {
    const { enclave } = this.#source;
    const instance = this.#instance;
    this.#instance = undefined;
    if (instance !== undefined && enclave.failure === undefined) await enclave.deinstantiateModule({ instance });
  }
  async close(): Promise<void> {
    const { enclave, isOwn } = this.#source;
    try {
      if (!isOwn && enclave.failure === undefined) {
        await this.drop();
        await enclave.unloadModule({ module: this.#module });
      }
    } finally {
      this.#given.end();
      if (isOwn) await enclave.close();
    }
  }

  /** An enclave of its own that was ended with a guest starts again. */
  async #revive(): Promise<void> {
    const { enclave, isOwn } = this.#source;
    if (!isOwn || enclave.failure === undefined || enclave.failure.failure === 'closed') return;
    await enclave.restart();
    await this.#source.prepare();
    this.#module = (await enclave.loadModule({ bytes: this.#bytes })).module;
  }
  get #instanceOptions() {
    const { name, mode, limits, deadline, deterministic } = this.#options;
    const { natives } = this.#given;
    return { name, mode, limits, deadline, deterministic, natives };
  }
  #limits({ fuel, timeoutMs }: PluginCallOptions) {
    const { limits } = this.#options;
    return { fuel: fuel ?? limits?.fuel, timeoutMs: timeoutMs ?? limits?.timeoutMs };
  }
  /** The guest keeps its deadline itself; one that cannot is stopped. */
  #guard(options: PluginCallOptions) {
    const { timeoutMs } = this.#limits(options);
    return { signal: options.signal, ...(timeoutMs !== undefined && { timeoutMs: timeoutMs + HARD_STOP_MS }) };
  }
}

/** What the trusted side was given of this side, by number. */
interface Given {
  readonly natives: readonly NativeTable[];
  readonly extism: ExtismGrants;
  /** Without streams. */
  readonly wasi: WasiArgs | undefined;
  /** Takes it back. */
  end(): void;
}

/** @throws UsageError */
function give({ enclave, isOwn, directory }: EnclaveSource, options: PluginSettings): Given {
  const { extism = {}, wasi } = options;
  if (!isOwn) {
    for (const name of ['log', 'logLevel'] as const) {
      if (options[name] !== undefined) throw new UsageError(`createPlugin options.${name}: the enclave has its own`);
    }
    if (wasi?.stdout ?? wasi?.stderr) {
      throw new UsageError('createPlugin options.wasi: the streams of an enclave are those that it was created with');
    }
  }
  const natives = namedNatives(options).map(({ module, name, func, ...symbol }) =>
    enclave.natives(module, [{ ...symbol, symbol: name, func: (_caller, ...args: never[]) => func(...args) }]),
  );
  const http = httpFunction(extism);
  const httpId = http && enclave.bytesFunction(http);
  const functions = userFunctions(extism).map(({ module, name, func }) => ({
    module,
    name,
    id: enclave.bytesFunction(func),
  }));
  const config = [...configOf(extism)].map(([name, value]) => `${name}=${value}`);
  const preopens = Object.entries(wasi?.preopens ?? {}).map(([guestPath, preopen]) => {
    const { readOnly = false, ...what } =
      typeof preopen === 'string' ? { path: preopen } : 'open' in preopen ? { fileSystem: preopen } : preopen;
    return { guestPath, readOnly, system: 'path' in what ? directory(what.path) : what.fileSystem };
  });
  const loan = enclave.lend({ grants: preopens.map(({ system }) => system) });
  const ids = [
    ...natives.flatMap(({ symbols }) => symbols.map(({ id }) => id)),
    ...functions.map(({ id }) => id),
    ...(httpId === undefined ? [] : [httpId]),
  ];
  return {
    natives,
    extism: { config, functions, ...(httpId !== undefined && { http: httpId }) },
    wasi: wasi && {
      args: wasi.args ?? [],
      env: Object.entries(wasi.env ?? {}).map(([name, value]) => `${name}=${value}`),
      preopens: preopens.map(({ guestPath, readOnly }, k) => ({ guestPath, readOnly, grant: loan.grants[k]! })),
    },
    end() {
      loan.end();
      enclave.revoke(ids);
    },
  };
}

function withStreams(wasi: WasiArgs, { wasi: { stdout, stderr } = {} }: PluginSettings): WasiArgs {
  return { ...wasi, ...(stdout && { stdout: 'host' }), ...(stderr && { stderr: 'host' }) };
}
