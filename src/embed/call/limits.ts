// Limits as embedders write them, checked and resolved by name. What each means stands in docs/embedding.md.
// Refuses unknown names and values that are no amounts.

import { aCount, anAmount, type Checks, checkOptions } from '../../runtime/check-options.js';
import type { InstanceLimits } from '../../runtime/instance.js';

/** Limits of one instance. Absent: no limit, but for what the runtime's own limits say. */
export interface LimitOptions {
  /** Instructions of one outermost call (also of the start function). */
  readonly fuel?: number | undefined;
  /** Milliseconds of one outermost call, host calls and sleeping included. */
  readonly timeoutMs?: number | undefined;
  /** Bytes of linear memories, tables, GC objects, exceptions, parts of the instance beyond 256 KiB, and of the names that fd_readdir keeps. */
  readonly memoryBytes?: number | undefined;
  /** Bytes of stack: 16 for each local and operand of the functions that run. Default: as much as the mode has. */
  readonly stackBytes?: number | undefined;
  /** Calls of the guest that may nest. Default: 16,384, or what the host's stack has room for. */
  readonly callDepth?: number | undefined;
  /** Elements of all tables of the instance. Default: 10,000,000. */
  readonly tableElements?: number | undefined;
  /** Exec envs of one cluster. */
  readonly threads?: number | undefined;
  /** WASI descriptors open at once, streams and preopens included. Default: 512. */
  readonly openFiles?: number | undefined;
  /** Bytes written by WASI, to files and streams, and by printf, since creation. */
  readonly outputBytes?: number | undefined;
  /** Calls to natives of one outermost call. */
  readonly hostCalls?: number | undefined;
}

/** Limits of a runtime: memoryBytes holds for all instances together, the other instance limits are defaults for each. */
export interface RuntimeLimitOptions extends LimitOptions {
  /** Instances alive at once, those of sub-modules included. */
  readonly instances?: number | undefined;
  /** Bytes of a module's file. */
  readonly moduleBytes?: number | undefined;
}

const INSTANCE_CHECKS: Checks<LimitOptions> = {
  fuel: aCount,
  timeoutMs: anAmount,
  memoryBytes: aCount,
  stackBytes: aCount,
  callDepth: aCount,
  tableElements: aCount,
  threads: aCount,
  openFiles: aCount,
  outputBytes: aCount,
  hostCalls: aCount,
};
const RUNTIME_CHECKS: Checks<RuntimeLimitOptions> = { ...INSTANCE_CHECKS, instances: aCount, moduleBytes: aCount };

/** @throws UsageError */
export function checkRuntimeLimits(given: unknown): RuntimeLimitOptions {
  return checkOptions<RuntimeLimitOptions>(given, RUNTIME_CHECKS, 'limits');
}

/** @throws UsageError */
export function checkLimits(given: unknown): LimitOptions {
  return checkOptions<LimitOptions>(given, INSTANCE_CHECKS, 'limits');
}

/** The limits of one instance: its own, which were checked, before the runtime's defaults. */
export function resolveLimits(own: LimitOptions, defaults: RuntimeLimitOptions): InstanceLimits {
  const resolved: Record<string, number | undefined> = {};
  for (const name of Object.keys(INSTANCE_CHECKS) as (keyof LimitOptions)[]) {
    // Of memoryBytes the runtime keeps a budget over all instances besides: an instance must know that it is limited at all.
    resolved[name] = own[name] ?? defaults[name];
  }
  return Object.freeze(resolved) as InstanceLimits;
}
