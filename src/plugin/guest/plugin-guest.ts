// A plugin that lives between its calls: an instance, and its convention. One call runs at a time.
// Refuses programs, which are run whole (program.ts), and a call while another is on its way.
import { quote } from '../../base/quote.js';
import { decodeUtf8 } from '../../base/utf8.js';
import type { CallOptions } from '../../embed/call/call.js';
import { canPause } from '../../embed/call/call-async.js';
import type { InstantiateOptions } from '../../embed/instance/instantiation.js';
import type { InstantiationAccount } from '../../embed/instance/instantiation-account.js';
import { instanceOf, type WasmInstance } from '../../embed/instance/wasm-instance.js';
import type { WasmModule } from '../../embed/module/wasm-module.js';
import type { Runtime } from '../../embed/runtime.js';
import { blockFunction, EXTISM_MODULE, extismNatives, takesBlocks } from '../../imports/extism/functions.js';
import { type BytesFunction, type ExtismGrants, ExtismKernel } from '../../imports/extism/kernel.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { FunctionInstance } from '../../runtime/function.js';
import { checkSignal } from '../../runtime/meter.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { PluginError } from '../../runtime/plugin-error.js';
import { UsageError } from '../../wasm/errors.js';
import { I32 } from '../../wasm/types.js';
import type { Usage } from '../../wasm/usage-table.js';
import { callAssemblyScript } from './assemblyscript.js';
import type { PluginConvention } from './convention.js';
import { checkLength } from './guest-bytes.js';
import { callPointerLength } from './pointer-length.js';
import { calling, functionNamed, isOfType, runSteps, runStepsAsync, type Steps, wrongType } from './steps.js';

/** A convention whose instance lives between calls. */
export type LiveConvention = Exclude<PluginConvention, 'wasi-command'>;

/** A function of the embedder's under the names that an Extism guest imports it by. */
export interface UserFunction {
  readonly module: string;
  readonly name: string;
  readonly func: BytesFunction;
}
/** What an Extism guest is given. */
export interface ExtismOptions extends ExtismGrants {
  readonly functions?: readonly UserFunction[] | undefined;
}

/** Bytes in, as text where they are one. */
export interface PluginCall {
  readonly name: string;
  readonly input: Uint8Array;
  /** The input is UTF-8: a convention that has texts of its own passes one. */
  readonly isText: boolean;
  /** Bytes of output at most. */
  readonly maxOutputBytes: number;
}
export interface PluginResult {
  readonly output: Uint8Array;
  readonly usage: Usage | undefined;
}

export class PluginGuest {
  readonly instance: WasmInstance;
  readonly #convention: LiveConvention;
  readonly #kernel: ExtismKernel | undefined;
  #running = false;

  constructor(instance: WasmInstance, convention: LiveConvention, kernel: ExtismKernel | undefined) {
    this.instance = instance;
    this.#convention = convention;
    this.#kernel = kernel;
  }

  /**
   * Makes the instance. @param account limits of that as a whole
   * @throws as Runtime.instantiate; PluginError 'wrong-type' for a function of the embedder's that takes no blocks
   */
  static make(
    runtime: Pick<Runtime, 'instantiate'>,
    module: WasmModule,
    convention: LiveConvention,
    options: InstantiateOptions,
    extism: ExtismOptions = {},
    account?: InstantiationAccount,
  ): PluginGuest {
    if (convention !== 'extism') {
      return new PluginGuest(runtime.instantiate(module, options, account), convention, undefined);
    }
    const kernel = new ExtismKernel(extism);
    const natives = { ...options.natives, ...kernelNatives(module, kernel, extism.functions ?? []) };
    return new PluginGuest(runtime.instantiate(module, { ...options, natives }, account), convention, kernel);
  }

  /** Whether its calls can run in slices: a convention calls other functions than the one that is asked for. */
  get canPause(): boolean {
    return [...this.instance.instance.exports.values()].every(
      ({ value }) => !(value instanceof FunctionInstance) || canPause(value),
    );
  }
  /** @throws PluginError; Trap, LimitError and what else a call throws; UsageError while another call runs */
  call(call: PluginCall, options: CallOptions): PluginResult {
    this.#begin(call, options);
    try {
      const output = runSteps(this.instance, options, this.#steps(call));
      return { output, usage: this.instance.lastCallUsage };
    } finally {
      this.#end();
    }
  }
  /** The same in slices. */
  async callAsync(call: PluginCall, options: CallOptions): Promise<PluginResult> {
    this.#begin(call, options);
    try {
      const output = await runStepsAsync(this.instance, options, this.#steps(call));
      return { output, usage: this.instance.lastCallUsage };
    } finally {
      this.#end();
    }
  }

  /** A call that was given up before it begins leaves no trace. */
  #begin({ input }: PluginCall, { signal }: CallOptions): void {
    this.instance.instance.checkAlive();
    checkSignal(signal);
    if (this.#running) throw new UsageError('the plugin is in a call already: one runs at a time');
    this.#running = true;
    this.#kernel?.begin(input);
  }
  #end(): void {
    this.#running = false;
    this.#kernel?.end();
  }

  #steps({ name, input, isText, maxOutputBytes: most }: PluginCall): Steps<Uint8Array> {
    const { instance } = this;
    switch (this.#convention) {
      case 'extism':
        return callExtism(instance, this.#kernel!, name, most);
      case 'assemblyscript':
        return callAssemblyScript(instance, name, isText ? textOf(input) : input, most);
      case 'pointer-length':
        return callPointerLength(instance, name, input, most);
    }
  }
}

/** The function takes and returns nothing but a code; the rest goes by the kernel. */
function* callExtism(instance: WasmInstance, kernel: ExtismKernel, name: string, most: number): Steps<Uint8Array> {
  const func = functionNamed(instance, name);
  if (!isOfType(func, [], [I32]) && !isOfType(func, [], [])) throw wrongType(func, '() -> (i32)');
  const [code = 0] = (yield* calling(func)) as readonly number[];
  const { output, error } = kernel.result;
  if (code !== 0 || error !== undefined) {
    const text = error && (decodeUtf8(kernel.read(error)) ?? `${error.length} bytes that are no text`);
    throw new PluginError('failed', text ?? `the plugin's function '${quote(name)}' returned ${code}`, code);
  }
  if (output === undefined) return new Uint8Array(0);
  checkLength(output.length, most);
  return kernel.read(output);
}

function kernelNatives(
  module: WasmModule,
  kernel: ExtismKernel,
  functions: readonly UserFunction[],
): Record<string, NativeSymbol[]> {
  const attach = (env: ExecEnv): void => {
    if (kernel.isAttached) return;
    const { instance, log } = instanceOf(env);
    kernel.attach(instance, log);
  };
  const natives: Record<string, NativeSymbol[]> = { [EXTISM_MODULE]: extismNatives(kernel, attach) };
  for (const { module: from, name, func } of functions) {
    const wanted = module.imports.find((one) => one.module === from && one.name === name);
    if (wanted === undefined) continue;
    const where = `${quote(from)}.${quote(name)}`;
    if (wanted.kind !== 'func' || !takesBlocks(wanted.type)) {
      throw new PluginError('wrong-type', `${where}: a function of addresses (i64) is wanted: give others as natives`);
    }
    (natives[from] ??= []).push({ symbol: name, func: blockFunction(kernel, where, func, attach) });
  }
  return natives;
}

function textOf(input: Uint8Array): string {
  const text = decodeUtf8(input);
  if (text !== undefined) return text;
  throw new PluginError('invalid-text', 'the input is not UTF-8');
}
