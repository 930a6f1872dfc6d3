// What the trusted side needs of a runtime, in the terms of the boundary. embed-runtime.ts fulfils it with the embedding API; tests with
// a runtime that misbehaves on purpose. Refuses nothing by itself: types only.

import type { InstantiationAccount } from '../../embed/instance/instantiation-account.js';
import type { LogLevel } from '../../platform/platform.js';
import type { RunningMode } from '../../runtime/running-mode.js';
import type { CallLimits } from '../../wasm/limit-table.js';
import type { Usage } from '../../wasm/usage-table.js';
import type { GuestAddress, GuestBuffer } from '../protocol/fields.js';
import type { DestroyReport, InitArgs, InstantiateOptions, WasiArgs } from '../protocol/structures.js';
import type { World } from './world.js';

/** wasm_runtime_full_init: makes the one runtime of an enclave, or throws with everything undone. */
export type WasmRuntimeFullInit = (args: InitArgs, natives: readonly HostNatives[], world: World) => RuntimeApi;

export interface RuntimeApi {
  load(bytes: Uint8Array, name: string | undefined): ModuleApi;
  registerModule(name: string, module: ModuleApi): void;
  registerNatives(natives: HostNatives): void;
  getMemAllocInfo(): { readonly total: number; readonly totalFree: number; readonly highmark: number } | null;
  setLogLevel(level: LogLevel): void;
  destroy(): Pick<DestroyReport, 'leakedBytes'>;
}

/** A table of natives of the host, under one module name. */
export interface HostNatives {
  readonly moduleName: string;
  readonly symbols: readonly HostNative[];
}
/** A native of the host; `call` does the ocall. */
export interface HostNative {
  readonly symbol: string;
  readonly signature: string | undefined;
  /** `call` may return a promise. */
  readonly async: boolean;
  /** Throws where texts and buffers are more bytes together than the host takes: asked before they are copied. */
  checkSize(bytes: number): void;
  call(caller: InstanceApi | undefined, args: readonly NativeArgument[]): NativeAnswer | Promise<NativeAnswer>;
}
/** A guest's value, or what a signature makes of one: text ($), a copy of memory (*~), an address (*). */
export type NativeArgument = { readonly value: unknown } | string | GuestBuffer | GuestAddress;
export interface NativeAnswer {
  /** Results in order: as many as the host gave, of whatever type. */
  readonly values: readonly unknown[];
  /** What the buffers among the arguments became, in order, each as long as it was. */
  readonly buffers: readonly Uint8Array[];
}

export interface ExternalApi {
  readonly module: string;
  readonly name: string;
  readonly kind: 'func' | 'table' | 'memory' | 'global' | 'tag';
  readonly type: string;
}

export interface ModuleApi {
  exports(): readonly ExternalApi[];
  imports(): readonly ExternalApi[];
  /** @param wasi what the host set for the module, if it did */
  instantiate(options: InstantiateOptions, wasi: WasiArgs | undefined, account: InstantiationAccount): InstanceApi;
  unload(): void;
}

/** How one call is to run. */
export interface CallOptions extends CallLimits {
  /** Looked at while the guest runs. */
  readonly signal: { readonly aborted: boolean } | undefined;
}

export interface InstanceApi {
  readonly mode: RunningMode;
  readonly modeReason: string;
  /** Since birth. */
  usage(): Usage;
  /** Of the last outermost call. */
  lastCallUsage(): Usage | undefined;
  /** Another object after each outermost call that ended; calls inside another are part of that one. */
  lastCall(): object | undefined;
  lookupFunction(name: string): FunctionApi | null;
  createExecEnv(stackSize: number | undefined): ExecEnvApi;
  executeFunc(name: string, argv: readonly string[], options: CallOptions): string[];
  executeMain(argv: readonly string[], options: CallOptions): number;
  /** Like the two before, in slices: other tasks of the event loop get their turn. */
  executeFuncAsync(name: string, argv: readonly string[], options: CallOptions): Promise<string[]>;
  executeMainAsync(argv: readonly string[], options: CallOptions): Promise<number>;
  getException(): string | null;
  setException(text: string | null): void;
  terminate(): void;
  /** 0 when it does not fit. */
  moduleMalloc(size: number, options: CallOptions): number;
  moduleFree(address: number, options: CallOptions): void;
  /** The bytes of memory 0 as they lie now; throws where there are none there. */
  memory(address: number, length: number): Uint8Array;
  deinstantiate(): void;
}

export interface FunctionApi {
  /** Names of value types. */
  readonly params: readonly string[];
  readonly results: readonly string[];
  call(env: ExecEnvApi, args: readonly unknown[], options: CallOptions): readonly unknown[];
  callAsync(env: ExecEnvApi, args: readonly unknown[], options: CallOptions): Promise<readonly unknown[]>;
}

export interface ExecEnvApi {
  destroy(): void;
}
