// What every entry of the package re-exports: errors, types, and what no choice of platform or engine changes.
export { AllocatorError, HeapCorruptionError } from '../alloc/errors.js';
export type { CallOptions } from '../embed/call.js';
export type { AsyncCallOptions } from '../embed/call-async.js';
export { ContextKey } from '../embed/context-key.js';
export type { WasmExtern, WasmGlobal, WasmMemory, WasmTable } from '../embed/externs.js';
export { WasmFunction } from '../embed/function.js';
export type { DestroyReport, RuntimeHost } from '../embed/init.js';
export {
  DEFAULT_INIT_ARGS,
  type MemAllocOption,
  type MemAllocType,
  type PoolOption,
  type RuntimeInitArgs,
} from '../embed/init-args.js';
export { INIT_STEPS, InitError, type InitObserver, type InitStep } from '../embed/init-steps.js';
export { instanceOf, WasmInstance } from '../embed/instance.js';
export type { InstantiateOptions } from '../embed/instantiate.js';
export type { ExportInfo, ImportInfo } from '../embed/introspection.js';
export type { Library, LibraryExterns } from '../embed/libraries.js';
export { type LoadOptions, type PackageType, packageType, WasmModule } from '../embed/module.js';
export type { ModuleDestroyer, ModuleReader } from '../embed/module-registry.js';
export { getVersion, VERSION, type Version } from '../embed/version.js';
export type {
  InputOption,
  OutputOption,
  Preopen,
  RandomFill,
  WasiClock,
  WasiOptions,
} from '../imports/wasi/index.js';
export { FileError } from '../platform/errno.js';
export type { FileSystem, HostFiles, OpenFile } from '../platform/files.js';
export type { LogLevel, Platform } from '../platform/platform.js';
export { type Engine, type ModeChoice, RUNNING_MODES, type RunningMode } from '../runtime/engine.js';
export { WasmException } from '../runtime/exception.js';
export type { ExecEnv } from '../runtime/exec-env.js';
export type { NativeSymbol } from '../runtime/native-symbol.js';
export type { WasmValue } from '../runtime/value.js';
export { ThreadsUnsupportedError } from '../threads/errors.js';
export {
  EnclasmError,
  ExitError,
  type Frame,
  InternalError,
  InvalidError,
  LimitError,
  LinkError,
  MalformedError,
  Trap,
  UsageError,
} from '../wasm/errors.js';
export { FEATURES, type Feature } from '../wasm/features.js';
export type { CallLimits, LimitName, LimitOptions, RuntimeLimitOptions } from '../wasm/limit-table.js';
export type { Usage } from '../wasm/usage-table.js';
