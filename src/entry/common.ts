// What every entry of the package re-exports: errors, types, and what no choice of platform or engine changes.
export { AllocatorError, HeapCorruptionError } from '../alloc/errors.js';
export type { CallOptions } from '../embed/call/call.js';
export type { AsyncCallOptions } from '../embed/call/call-async.js';
export { WasmFunction } from '../embed/call/wasm-function.js';
export type { RuntimeHost } from '../embed/init/full-init.js';
export {
  DEFAULT_INIT_ARGS,
  type MemAllocOption,
  type MemAllocType,
  type PoolOption,
  type RuntimeInitArgs,
} from '../embed/init/init-args.js';
export {
  type DestroyReport,
  INIT_STEPS,
  InitError,
  type InitObserver,
  type InitStep,
} from '../embed/init/init-steps.js';
export type { Library, LibraryExterns } from '../embed/init/libraries.js';
export { ContextKey } from '../embed/instance/context-key.js';
export type { WasmExtern, WasmGlobal, WasmMemory, WasmTable } from '../embed/instance/externs.js';
export type { InstantiateOptions } from '../embed/instance/instantiation.js';
export { instanceOf, WasmInstance } from '../embed/instance/wasm-instance.js';
export type { ExportInfo, ImportInfo } from '../embed/module/introspection.js';
export type { ModuleDestroyer, ModuleReader } from '../embed/module/module-registry.js';
export { type LoadOptions, type PackageType, packageType, WasmModule } from '../embed/module/wasm-module.js';
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
export type { Engine } from '../runtime/engine.js';
export { WasmException } from '../runtime/exception.js';
export { type ExecEnv, ThreadsUnsupportedError } from '../runtime/exec-env.js';
export type { NativeSymbol } from '../runtime/native-symbol.js';
export { type ModeChoice, RUNNING_MODES, type RunningMode } from '../runtime/running-mode.js';
export type { WasmValue } from '../runtime/value.js';
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
