// A plugin on this thread, in a runtime of its own. Calls run in slices where the mode can, and else on this stack.
import { refuseHardDeadline } from '../../embed/call/interruptible.js';
import type { InstantiateOptions } from '../../embed/instance/instantiation.js';
import { InstantiationAccount } from '../../embed/instance/instantiation-account.js';
import type { WasmModule } from '../../embed/module/wasm-module.js';
import type { Runtime } from '../../embed/runtime.js';
import type { WasiOptions } from '../../imports/wasi/index.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { type LiveConvention, type PluginCall, PluginGuest, type PluginResult } from '../guest/plugin-guest.js';
import { runProgramAsync } from '../guest/program.js';
import type { PluginBackend, PluginCallOptions, ProgramOutcome } from './backend.js';
import { configOf, httpFunction, userFunctions } from './extism-functions.js';
import { namedNatives, type PluginSettings } from './plugin-options.js';

export class RuntimeBackend implements PluginBackend {
  readonly names: WasmModule;
  readonly #runtime: Runtime;
  readonly #options: PluginSettings;
  readonly #instance: InstantiateOptions;
  readonly #wasi: WasiOptions;
  #guest: PluginGuest | undefined;

  /** @param runtime ends with the plugin */
  constructor(runtime: Runtime, bytes: Uint8Array, options: PluginSettings) {
    this.#runtime = runtime;
    this.#options = options;
    const { name, mode, limits, deadline, deterministic, wasi = {} } = options;
    if (deadline === 'hard') refuseHardDeadline(runtime.state);
    this.#instance = { name, mode, limits, deterministic, natives: nativesOf(options) };
    this.#wasi = wasi as WasiOptions;
    this.names = runtime.load(bytes, { name });
  }

  async open(convention: LiveConvention): Promise<void> {
    const { extism = {}, wasi } = this.#options;
    const grants = { config: configOf(extism), http: httpFunction(extism), functions: userFunctions(extism) };
    const options = wasi === undefined ? this.#instance : { ...this.#instance, wasi: this.#wasi };
    this.#guest = PluginGuest.make(this.#runtime, this.names, convention, options, grants);
  }
  async call(call: PluginCall, options: PluginCallOptions): Promise<PluginResult> {
    const guest = this.#guest!;
    return guest.canPause ? guest.callAsync(call, options) : guest.call(call, options);
  }
  async run(
    input: Uint8Array,
    maxOutputBytes: number,
    { signal, ...limits }: PluginCallOptions,
  ): Promise<ProgramOutcome> {
    return runProgramAsync(this.#runtime, this.names, {
      instance: { ...this.#instance, signal },
      wasi: { ...this.#wasi, stdin: input },
      maxOutputBytes,
      account: new InstantiationAccount({ ...callLimits(this.#options), ...limits }),
      signal,
    });
  }
  async drop(): Promise<void> {
    const guest = this.#guest;
    this.#guest = undefined;
    if (guest && !guest.instance.ended) guest.instance.deinstantiate();
  }
  async close(): Promise<void> {
    if (!this.#runtime.destroyed) this.#runtime.destroy();
  }
}

function callLimits({ limits: { fuel, timeoutMs } = {} }: PluginSettings) {
  return { fuel, timeoutMs };
}

function nativesOf(options: PluginSettings): Record<string, NativeSymbol[]> {
  const natives: Record<string, NativeSymbol[]> = {};
  for (const { module, name, signature, func, async } of namedNatives(options)) {
    (natives[module] ??= []).push({ symbol: name, signature, async, func: (_env, ...args) => func(...args) });
  }
  return natives;
}
