// The package: what most programs need, on the platform of this JavaScript environment with every engine. Re-exports only: what is more special stands in the entries
// by topic beside this one.

export {
  type AsyncCallOptions,
  type CallOptions,
  type DestroyReport,
  EnclasmError,
  type ExecEnv,
  ExitError,
  type Frame,
  type GuestPointer,
  type Imports,
  InitError,
  type InstantiateOptions,
  InternalError,
  InvalidError,
  instanceOf,
  LimitError,
  type LimitName,
  type LimitOptions,
  LinkError,
  type LoadOptions,
  MalformedError,
  type NativeSymbol,
  type Observer,
  type RunningMode,
  type RuntimeHost,
  type RuntimeInitArgs,
  type RuntimeLimitOptions,
  Trap,
  type Usage,
  UsageError,
  VERSION,
  WasmException,
  type WasmExtern,
  WasmFunction,
  type WasmGlobal,
  WasmInstance,
  type WasmMemory,
  WasmModule,
  type WasmSharedMemory,
  type WasmTable,
  type WasmTag,
  WasmThread,
  type WasmValue,
} from './embed.js';
export { defaultEngines } from './engines.js';
export { nodePlatform } from './environment.js';
export { defaultHost } from './host.js';
export type { Preopen, WasiOptions } from './libraries.js';
export { Runtime } from './runtime.js';
