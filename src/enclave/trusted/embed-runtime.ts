// The embedding API as the trusted side needs it: Runtime, WasmModule, WasmInstance behind the interfaces of runtime-api.ts.
// Refuses to hand the host's natives a view of guest memory: they get copies, and what they changed is checked and copied back.
import type { UserAllocatorOptions } from '../../alloc/user.js';
import type { WasmFunction } from '../../embed/call/wasm-function.js';
import type { RuntimeHost } from '../../embed/init/full-init.js';
import type { RuntimeInitArgs } from '../../embed/init/init-args.js';
import type { InstantiationAccount } from '../../embed/instance/instantiation-account.js';
import { instanceOf, type WasmInstance } from '../../embed/instance/wasm-instance.js';
import { type ExternType, externText } from '../../embed/module/introspection.js';
import type { WasmModule } from '../../embed/module/wasm-module.js';
import { Runtime } from '../../embed/runtime.js';
import { type Letter, parseSignature } from '../../imports/natives/signature.js';
import { OutputStream, type WasiOptions } from '../../imports/wasi/index.js';
import type { OpenFile } from '../../platform/files.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { bytesAt, GuestPointer, memoryOf } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { UsageError } from '../../wasm/errors.js';
import { typeName } from '../../wasm/type-names.js';
import type { Usage } from '../../wasm/usage-table.js';
import { GuestAddress, GuestBuffer } from '../protocol/fields.js';
import { CHUNK_BYTES } from '../protocol/ocalls.js';
import type { InitArgs, InstantiateOptions, WasiArgs } from '../protocol/structures.js';
import { OcallFileSystem, ocallStream } from './ocall-files.js';
import type {
  CallOptions,
  ExecEnvApi,
  ExternalApi,
  FunctionApi,
  HostNative,
  HostNatives,
  InstanceApi,
  ModuleApi,
  NativeAnswer,
  NativeArgument,
  RuntimeApi,
  WasmRuntimeFullInit,
} from './runtime-api.js';
import type { World } from './world.js';

export interface EmbedOptions {
  /** Engines and what else the runtime stands on; its platform is the world's. */
  readonly host: Omit<RuntimeHost, 'platform'>;
  /** What memAllocType 'allocator' uses: memory of the trusted side. */
  readonly allocator?: UserAllocatorOptions | undefined;
}

/** The initialisation that INIT_RUNTIME runs: wasm_runtime_full_init of the embedding API. */
export function embedFullInit(options: EmbedOptions): WasmRuntimeFullInit {
  return (args, natives, world) => {
    const [first, ...others] = natives;
    const runtime = Runtime.init(initArgs(args, first, options), { ...options.host, platform: world.platform });
    try {
      const adapted = new EmbedRuntime(runtime, world);
      for (const table of others) adapted.registerNatives(table);
      if (args.moduleReader) runtime.setModuleReader((name) => world.readModule(name));
      return adapted;
    } catch (error) {
      runtime.destroy();
      throw error;
    }
  };
}

function initArgs(args: InitArgs, natives: HostNatives | undefined, options: EmbedOptions): RuntimeInitArgs {
  const { memAllocType = 'system', heapSize, natives: _, moduleReader: _reader, ...rest } = args;
  if (memAllocType === 'allocator' && !options.allocator) {
    throw new UsageError("INIT_RUNTIME: memAllocType 'allocator': this trusted side was built without one");
  }
  return {
    ...rest,
    memAllocType,
    memAllocOption: {
      pool: memAllocType === 'pool' ? { heapSize } : undefined,
      system: memAllocType === 'system' ? { limit: heapSize } : undefined,
      allocator: memAllocType === 'allocator' ? options.allocator : undefined,
    },
    ...(natives && { nativeModuleName: natives.moduleName, nativeSymbols: natives.symbols.map(nativeSymbol) }),
  };
}

class EmbedRuntime implements RuntimeApi {
  readonly #runtime: Runtime;
  readonly #world: World;
  constructor(runtime: Runtime, world: World) {
    this.#runtime = runtime;
    this.#world = world;
  }
  load(bytes: Uint8Array, name: string | undefined): ModuleApi {
    return new EmbedModule(this.#runtime, this.#world, this.#runtime.load(bytes, name === undefined ? {} : { name }));
  }
  registerModule(name: string, module: ModuleApi): void {
    this.#runtime.registerModule(name, (module as EmbedModule).module);
  }
  registerNatives({ moduleName, symbols }: HostNatives): void {
    this.#runtime.registerNatives(moduleName, symbols.map(nativeSymbol));
  }
  getMemAllocInfo() {
    return this.#runtime.getMemAllocInfo();
  }
  setLogLevel(level: Parameters<Runtime['setLogLevel']>[0]): void {
    this.#runtime.setLogLevel(level);
  }
  destroy(): { leakedBytes: number } {
    const { leaks } = this.#runtime.destroy();
    return { leakedBytes: (leaks?.bytes ?? 0) + (leaks?.chargedBytes ?? 0) };
  }
}

class EmbedModule implements ModuleApi {
  readonly module: WasmModule;
  readonly #runtime: Runtime;
  readonly #world: World;
  constructor(runtime: Runtime, world: World, module: WasmModule) {
    this.#runtime = runtime;
    this.#world = world;
    this.module = module;
  }
  exports(): ExternalApi[] {
    return this.module.exports.map((one) => external('', one));
  }
  imports(): ExternalApi[] {
    return this.module.imports.map((one) => external(one.module, one));
  }
  instantiate(options: InstantiateOptions, wasi: WasiArgs | undefined, account: InstantiationAccount): InstanceApi {
    if (!wasi) return adapted(this.#runtime.instantiate(this.module, options, account));
    const streams = openStreams(wasi, this.#world);
    try {
      const all = { ...options, wasi: { ...wasiOptions(wasi, this.#world), ...streams } };
      return adapted(this.#runtime.instantiate(this.module, all, account));
    } catch (error) {
      for (const file of Object.values(streams)) closeUnused(file);
      throw error;
    }
  }
  unload(): void {
    this.module.unload();
  }
}

function external(module: string, { name, ...extern }: { readonly name: string } & ExternType): ExternalApi {
  return { module, name, kind: extern.kind, type: externText(extern) };
}
/** What SET_WASI_ARGS said, as options: streams and files by ocall. */
function wasiOptions(
  { args = [], env = [], preopens = [], stdin, stdout, stderr, addressPool = [], allowResolve = [] }: WasiArgs,
  world: World,
): WasiOptions {
  // What the host cannot take now, the guest tries again: it waits under its own deadline, and the host's thread goes on.
  const output = (stream: 'stdout' | 'stderr') =>
    new OutputStream((chunk) => {
      let at = 0;
      while (at < chunk.length) {
        const written = world.print(stream, chunk.subarray(at));
        if (written === 0) break;
        at += written;
      }
      return at;
    });
  return {
    args,
    env: Object.fromEntries(env.map(splitVariable)),
    preopens: Object.fromEntries(
      preopens.map(({ guestPath, grant, readOnly }) => [
        guestPath,
        { fileSystem: new OcallFileSystem(world.ocalls, grant), readOnly },
      ]),
    ),
    stdin: stdin === 'host' ? () => inputOf(world) : 'ignore',
    stdout: stdout === 'host' ? output('stdout') : 'ignore',
    stderr: stderr === 'host' ? output('stderr') : 'ignore',
    addressPool,
    allowResolve,
  };
}
const STREAMS = ['stdin', 'stdout', 'stderr'] as const;

/** Those that are files of the host's: they can be sought, as they are without an enclave. */
function openStreams(wasi: WasiArgs, world: World): Partial<Record<(typeof STREAMS)[number], OpenFile>> {
  const streams: Partial<Record<(typeof STREAMS)[number], OpenFile>> = {};
  for (const name of STREAMS) {
    const file = wasi[name] === 'host' ? ocallStream(world.ocalls, name) : undefined;
    if (file) streams[name] = file;
  }
  return streams;
}
/** Of an instance that did not come to be, which may have closed it already. */
function closeUnused(file: OpenFile): void {
  try {
    file.close();
  } catch {
    // It is closed.
  }
}
function inputOf(world: World): Uint8Array | null {
  const bytes = world.readInput(CHUNK_BYTES);
  return bytes.length === 0 ? null : bytes.slice();
}
function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`SET_WASI_ARGS: '${text}' is not NAME=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

const adaptedInstances = new WeakMap<WasmInstance, EmbedInstance>();

/** The same adapter for the same instance, so that a native's caller is recognised. */
function adapted(instance: WasmInstance): EmbedInstance {
  let adapter = adaptedInstances.get(instance);
  if (!adapter) {
    adapter = new EmbedInstance(instance);
    adaptedInstances.set(instance, adapter);
  }
  return adapter;
}

class EmbedInstance implements InstanceApi {
  readonly instance: WasmInstance;
  constructor(instance: WasmInstance) {
    this.instance = instance;
  }
  get mode() {
    return this.instance.mode;
  }
  get modeReason(): string {
    return this.instance.modeReason;
  }
  usage(): Usage {
    return this.instance.usage;
  }
  lastCallUsage(): Usage | undefined {
    return this.instance.lastCallUsage;
  }
  lookupFunction(name: string): FunctionApi | null {
    const func = this.instance.lookupFunction(name);
    return func && new EmbedFunction(this.instance, func);
  }
  createExecEnv(stackSize: number | undefined): ExecEnvApi {
    const env = stackSize === undefined ? this.instance.createExecEnv() : this.instance.createExecEnv(stackSize);
    return new EmbedExecEnv(this.instance, env);
  }
  executeFunc(name: string, argv: readonly string[], options: CallOptions): string[] {
    return this.instance.executeFunc(name, argv, options);
  }
  executeMain(argv: readonly string[], options: CallOptions): number {
    return this.instance.executeMain(argv, options);
  }
  /** In slices where the mode can pause; elsewhere whole: its limits hold, an AbortSignal of the same thread cannot be seen. */
  async executeFuncAsync(name: string, argv: readonly string[], options: CallOptions): Promise<string[]> {
    if (this.mode !== 'interp') return this.executeFunc(name, argv, options);
    return this.instance.executeFuncAsync(name, argv, options);
  }
  async executeMainAsync(argv: readonly string[], options: CallOptions): Promise<number> {
    if (this.mode !== 'interp') return this.executeMain(argv, options);
    return this.instance.executeMainAsync(argv, options);
  }
  getException(): string | null {
    return this.instance.getException();
  }
  setException(text: string | null): void {
    this.instance.setException(text);
  }
  terminate(): void {
    this.instance.terminate();
  }
  lastCall(): object | undefined {
    return this.instance.instance.lastCall;
  }
  moduleMalloc(size: number, options: CallOptions): number {
    return this.instance.moduleMalloc(size, options);
  }
  moduleFree(address: number, options: CallOptions): void {
    this.instance.moduleFree(address, options);
  }
  memory(address: number, length: number): Uint8Array {
    const memory = this.instance.instance.memories[0];
    if (!memory) throw new UsageError(`instance '${this.instance.name}' has no memory`);
    return bytesAt(memory, address, length);
  }
  deinstantiate(): void {
    this.instance.deinstantiate();
  }
}

class EmbedExecEnv implements ExecEnvApi {
  readonly env: ExecEnv;
  readonly #instance: WasmInstance;
  constructor(instance: WasmInstance, env: ExecEnv) {
    this.#instance = instance;
    this.env = env;
  }
  destroy(): void {
    this.#instance.destroyExecEnv(this.env);
  }
}

class EmbedFunction implements FunctionApi {
  readonly #func: WasmFunction;
  readonly params: readonly string[];
  readonly results: readonly string[];
  readonly #mode: string;
  constructor(instance: WasmInstance, func: WasmFunction) {
    this.#func = func;
    this.#mode = instance.mode;
    this.params = func.type.params.map((type) => typeName(type));
    this.results = func.type.results.map((type) => typeName(type));
  }
  call(env: ExecEnvApi, args: readonly unknown[], options: CallOptions): readonly unknown[] {
    return this.#func.callOn((env as EmbedExecEnv).env, args, options);
  }
  /** In modes that cannot pause it runs whole: its limits hold, an AbortSignal of the same thread cannot be seen. */
  async callAsync(env: ExecEnvApi, args: readonly unknown[], options: CallOptions): Promise<readonly unknown[]> {
    if (this.#mode !== 'interp') return this.call(env, args, options);
    return this.#func.callAsync(args, options);
  }
}

/** A native of the host for the runtime. */
function nativeSymbol(native: HostNative): NativeSymbol {
  const { symbol, signature, async } = native;
  if (signature === undefined) {
    const func = (env: ExecEnv, ...args: unknown[]): unknown =>
      settle(
        native.call(
          adapted(instanceOf(env)),
          args.map((value) => ({ value })),
        ),
        ({ values }) => returned(values),
      );
    return { symbol, async, func: func as NativeSymbol['func'] & (() => unknown) };
  }
  return pointerNative(native, signature);
}

/** One value as itself, several as an array: what natives return. */
function returned(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : values;
}

function settle<T>(answer: NativeAnswer | Promise<NativeAnswer>, then: (answer: NativeAnswer) => T): T | Promise<T> {
  return answer instanceof Promise ? answer.then(then) : then(answer);
}

/** Bytes of a text are at least its characters; what it really takes is seen when it is written. */
function sizeOf(value: unknown): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}

/**
 * Pointers are checked by the runtime before this runs. Buffers go out as copies; what comes back is written to the same addresses, which
 * are checked again: the guest's memory may have moved or the instance may have grown while the host worked.
 */
function pointerNative(native: HostNative, signature: string): NativeSymbol {
  // Parsed when first called: a bad signature is the registration's to refuse.
  let letters: readonly Letter[] | undefined;
  const func = (env: ExecEnv, ...args: unknown[]): unknown => {
    const buffers: { readonly address: number; readonly length: number }[] = [];
    const caller = env.instance;
    letters ??= parseSignature(signature).params.filter((letter) => letter !== 'length');
    native.checkSize(args.reduce<number>((sum, value) => sum + sizeOf(value), 0));
    const sent = args.map((value, k): NativeArgument => {
      const letter = letters![k];
      if (letter === 'string' && typeof value === 'string') return value;
      if (letter === 'pointer' && value instanceof GuestPointer) return new GuestAddress(value.address);
      if (letter !== 'pointer' || !(value instanceof Uint8Array)) return { value };
      buffers.push({ address: value.byteOffset - memoryOf(env).views.u8.byteOffset, length: value.length });
      return new GuestBuffer(value.slice());
    });
    return settle(native.call(adapted(instanceOf(env)), sent), (answer) => {
      env.instance = caller;
      for (const [k, { address, length }] of buffers.entries()) {
        bytesAt(memoryOf(env), address, length).set(answer.buffers[k]!);
      }
      return returned(answer.values);
    });
  };
  return {
    symbol: native.symbol,
    signature,
    async: native.async,
    func: func as NativeSymbol['func'] & (() => unknown),
  };
}
