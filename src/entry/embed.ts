// The embedding API whole, for a platform, engines and libraries that the embedder chooses. Re-exports only.
// Refuses to use globals of any JavaScript environment.
export type { Block, LeakReport, MemAllocInfo, VerifyReport } from '../alloc/allocator.js';
export { AllocatorError, type AllocatorErrorKind, HeapCorruptionError } from '../alloc/allocator-errors.js';
export type { CorruptionKind, CorruptionReport, HeapOperation } from '../alloc/ems/corruption.js';
export type { UserAllocatorOptions } from '../alloc/user.js';
export type { CallOptions } from '../embed/call/call.js';
export type { AsyncCallOptions, MoreFuel } from '../embed/call/call-async.js';
export { WasmFunction } from '../embed/call/wasm-function.js';
export type { RuntimeHost } from '../embed/init/full-init.js';
export {
  DEFAULT_INIT_ARGS,
  type InitArgsWithoutEffect,
  type MemAllocOption,
  type MemAllocType,
  type PoolOption,
  type ResolvedInitArgs,
  type RuntimeInitArgs,
  type SystemOption,
} from '../embed/init/init-args.js';
export {
  type DestroyReport,
  INIT_STEPS,
  InitError,
  type InitObserver,
  type InitStep,
} from '../embed/init/init-steps.js';
export type { PlatformWithFiles } from '../embed/init/runtime-state.js';
export { ContextKey } from '../embed/instance/context-key.js';
export type { WasmExtern, WasmGlobal, WasmMemory, WasmTable, WasmTag } from '../embed/instance/externs.js';
export type { InstantiateOptions } from '../embed/instance/instantiation.js';
export type { InstantiationAccount } from '../embed/instance/instantiation-account.js';
export type { ImportObject, Imports } from '../embed/instance/resolve-import.js';
export { type SharedMemoryOptions, WasmSharedMemory } from '../embed/instance/shared-memory.js';
export { instanceOf, WasmInstance } from '../embed/instance/wasm-instance.js';
export { WasmThread } from '../embed/instance/wasm-thread.js';
export type { ExportInfo, ExternType, ImportInfo } from '../embed/module/introspection.js';
export type { ModuleDestroyer, ModuleReader } from '../embed/module/module-registry.js';
export { type LoadOptions, WasmModule } from '../embed/module/wasm-module.js';
export { Runtime } from '../embed/runtime.js';
export { getVersion, VERSION, type Version } from '../embed/version.js';
export type { LogLevel, Platform, PlatformThread } from '../platform/platform.js';
export type { Engine, Fallback } from '../runtime/engine.js';
export { type TagInstance, WasmException } from '../runtime/exception.js';
export type { ExecEnv } from '../runtime/exec-env.js';
export { ThreadsUnsupportedError } from '../runtime/exec-env.js';
export type { GuestPointer } from '../runtime/guest-memory.js';
export type { AbortSignalLike } from '../runtime/instance.js';
export type { NativeFunction, NativeSymbol, NativeSymbolCommon, RawNativeFunction } from '../runtime/native-symbol.js';
export type {
  ObservedCall,
  ObservedGrowth,
  ObservedHostCall,
  ObservedThread,
  Observer,
} from '../runtime/observer.js';
export {
  type DeadlineChoice,
  type ModeChoice,
  RUNNING_MODES,
  type RunningMode,
  type ThreadsChoice,
} from '../runtime/running-mode.js';
export type { Slots } from '../runtime/slots.js';
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
  type ThreadWait,
  Trap,
  UsageError,
} from '../wasm/errors.js';
export type { CallLimits, LimitName, LimitOptions, RuntimeLimitOptions } from '../wasm/limit-table.js';
export type { TrapId } from '../wasm/traps.js';
export type { Usage } from '../wasm/usage-table.js';
