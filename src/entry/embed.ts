// The embedding API whole, for a platform, engines and libraries that the embedder chooses. Re-exports only.
// Refuses to reach for any host's globals.
export type { Block, LeakReport, MemAllocInfo, VerifyReport } from '../alloc/allocator.js';
export type { CorruptionKind, CorruptionReport, HeapOperation } from '../alloc/ems/corruption.js';
export { AllocatorError, type AllocatorErrorKind, HeapCorruptionError } from '../alloc/errors.js';
export type { UserAllocatorOptions } from '../alloc/user.js';
export type { BirthAccount } from '../embed/birth-account.js';
export type { CallOptions } from '../embed/call.js';
export type { AsyncCallOptions, MoreFuel } from '../embed/call-async.js';
export type { AbortSignalLike } from '../embed/context.js';
export { ContextKey } from '../embed/context-key.js';
export type { HostPlatform } from '../embed/core.js';
export type { WasmExtern, WasmGlobal, WasmMemory, WasmTable, WasmTag } from '../embed/externs.js';
export { WasmFunction } from '../embed/function.js';
export type { DestroyReport, RuntimeHost } from '../embed/init.js';
export {
  DEFAULT_INIT_ARGS,
  type InitArgsWithoutEffect,
  type MemAllocOption,
  type MemAllocType,
  type PoolOption,
  type ResolvedInitArgs,
  RUNNING_MODES,
  type RuntimeInitArgs,
  type SystemOption,
} from '../embed/init-args.js';
export { INIT_STEPS, InitError, type InitObserver, type InitStep } from '../embed/init-steps.js';
export { instanceOf, WasmInstance } from '../embed/instance.js';
export type { InstantiateOptions } from '../embed/instantiate.js';
export type { ExportInfo, ExternType, ImportInfo } from '../embed/introspection.js';
export type { LimitOptions, RuntimeLimitOptions } from '../embed/limits.js';
export { type LoadOptions, WasmModule } from '../embed/module.js';
export type { ModuleDestroyer, ModuleReader } from '../embed/module-registry.js';
export type { ImportObject, Imports } from '../embed/resolve-import.js';
export { Runtime } from '../embed/runtime.js';
export { getVersion, VERSION, type Version } from '../embed/version.js';
export type { LogLevel, Platform } from '../platform/platform.js';
export type { Engine, Fallback, RunningMode } from '../runtime/engine.js';
export { type TagInstance, WasmException } from '../runtime/exception.js';
export type { ExecEnv } from '../runtime/exec-env.js';
export type { GuestPointer } from '../runtime/guest-memory.js';
export type { InstanceLimits } from '../runtime/instance.js';
export type { NativeFunction, NativeSymbol, NativeSymbolCommon, RawNativeFunction } from '../runtime/native-symbol.js';
export type { Slots } from '../runtime/slots.js';
export type { WasmValue } from '../runtime/value.js';
export { ThreadsUnsupportedError } from '../threads/errors.js';
export {
  EnclasmError,
  ExitError,
  type Frame,
  InternalError,
  InvalidError,
  LimitError,
  type LimitName,
  LinkError,
  MalformedError,
  Trap,
  type Usage,
  UsageError,
} from '../wasm/errors.js';
export type { TrapId } from '../wasm/traps.js';
