// What a plugin runs on, as its host sees it: a runtime of this thread, or an enclave. Types only.
import type { AbortSignalLike } from '../../enclave/protocol/transport.js';
import type { CallLimits } from '../../wasm/limit-table.js';
import type { Usage } from '../../wasm/usage-table.js';
import type { ModuleNames, PluginConvention } from '../guest/convention.js';
import type { PluginCall, PluginResult } from '../guest/plugin-guest.js';

/** Limits of one call of a plugin; what is absent is the plugin's. */
export interface PluginCallOptions extends CallLimits {
  /** Ends the call when it is aborted. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A program's run. */
export interface ProgramOutcome {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Which limits refused it something. */
  readonly refused: string | undefined;
  readonly usage: Usage;
}

export interface PluginBackend {
  /** The names of the module's imports and exports. */
  readonly names: ModuleNames;
  /** Makes the instance that `call` calls. */
  open(convention: Exclude<PluginConvention, 'wasi-command'>): Promise<void>;
  call(call: PluginCall, options: PluginCallOptions): Promise<PluginResult>;
  /** Runs the program in an instance of its own. */
  run(input: Uint8Array, maxOutputBytes: number, options: PluginCallOptions): Promise<ProgramOutcome>;
  /** Ends the instance, if there is one: the next call begins with another. */
  drop(): Promise<void>;
  close(): Promise<void>;
}
