// What a worker is told of the guest whose threads it runs, as data that can be posted. Refuses memories of other modes.
import type { CompiledModule, ThreadSupport } from '../runtime/engine.js';
import type { Instance } from '../runtime/instance.js';
import type { RunningMode } from '../runtime/running-mode.js';
import { Slots } from '../runtime/slots.js';
import type { CallTarget, ThreadBegin } from '../runtime/thread-runner.js';
import { readSlot, type WasmValue } from '../runtime/value.js';
import type { Feature } from '../wasm/features.js';
import type { LimitOptions } from '../wasm/limit-table.js';
import type { ControlBlock } from './control-block.js';
import { BUDGETS } from './shared-budget.js';

export interface ClusterSetup {
  readonly enclasm: 'threads';
  readonly control: SharedArrayBuffer;
  /** The module, which was validated with these features. */
  readonly bytes: Uint8Array;
  readonly features: readonly Feature[];
  /** As the engine has it: see CompiledModule.codeData. */
  readonly code: unknown;
  readonly name: string;
  readonly mode: RunningMode;
  readonly modeReason: string;
  readonly limits: LimitOptions;
  readonly metered: boolean;
  readonly countsStack: boolean;
  readonly stackSize: number;
  /** By index: what the engine needs, and the largest size in pages. */
  readonly memories: readonly { readonly data: unknown; readonly maxPages: number }[];
  /** The values of the imported globals, which are numbers and vectors that do not change. */
  readonly globals: readonly WasmValue[];
  /** The most of each budget. */
  readonly budgets: readonly number[];
}

/** A call of a thread of its own that its job names in the mailbox's text, in place of the index of a function. Its instance is kept for more calls. */
export interface PlannedCall {
  readonly target: CallTarget;
  readonly globals: ThreadBegin['globals'];
}
export const IN_TEXT = -1;

/** A setup, with the mailbox of one worker. */
export type WorkerSetup = ClusterSetup & { readonly box: SharedArrayBuffer };

export function setupOf(
  instance: Instance,
  compiled: CompiledModule,
  support: ThreadSupport,
  control: ControlBlock,
): ClusterSetup {
  const { module, name, mode, modeReason, limits, metered, countsStack, stackSize, memories, globals } = instance;
  const bytes = new Uint8Array(new SharedArrayBuffer(module.bytes.length));
  bytes.set(module.bytes);
  const slots = new Slots(1);
  const budgets = { memoryBytes: instance.budget, tableElements: instance.tableBudget };
  return {
    enclasm: 'threads',
    control: control.memory,
    bytes,
    features: [...module.usedFeatures],
    code: compiled.codeData?.(instance),
    ...{ name, mode, modeReason, limits: { ...limits }, metered, countsStack, stackSize },
    memories: memories.map((memory) => ({
      data: support.memoryData(memory, instance.store),
      maxPages: memory.maxPages,
    })),
    globals: globals.map((global) => {
      global.toSlot(slots, 0);
      return readSlot(slots, 0, global.type.type);
    }),
    budgets: BUDGETS.map((kind) => budgets[kind].mostBytes),
  };
}
