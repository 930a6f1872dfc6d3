// One suite for every running mode: each case runs in each mode that exists here, by the same code.
// A case that a mode cannot pass yet says why; it still runs there, and fails when it passes, so that no reason outlives its cause.

import { describe, test } from 'vitest';
import type { RuntimeInitArgs } from '#src/embed/init/init-args.js';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { jitEngine } from '#src/engine/js/jit.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import type { Engine } from '#src/runtime/engine.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { UsageError } from '#src/wasm/errors.js';
import { aotTextEngine } from '../helpers/aot-engine.js';
import { testPlatform } from '../helpers/test-platform.js';
import { tieredEngine } from '../helpers/tiered-engine.js';
import { assemble } from '../helpers/wat.js';

/** The modes under test, all there are: a new engine meets every case. Code for hosts that only interpret is that of aot (aot-engine.ts). */
const ENGINES: Readonly<Record<RunningMode | 'tiered', () => Engine>> = {
  interp: interpEngine,
  jit: () => jitEngine(),
  tiered: tieredEngine,
  host: () => hostEngine(),
  aot: aotTextEngine,
};

/** What a case works with: a runtime with one engine, gone after the case. */
export interface ModeWorld {
  readonly mode: RunningMode;
  readonly runtime: Runtime;
  /** Lines that went to the log. */
  readonly log: readonly string[];
  /** Moves the runtime's clock on, in milliseconds. */
  pass(milliseconds: number): void;
  /** Loads a module from text and instantiates it in the mode. */
  start(text: string, options?: InstantiateOptions): WasmInstance;
  /** Loads a module from a file's bytes and instantiates it in the mode. */
  startBytes(bytes: Uint8Array, options?: InstantiateOptions): WasmInstance;
}

export interface ModeCase {
  readonly name: string;
  readonly initArgs?: RuntimeInitArgs;
  /** The runtime's thread is ended from outside, where a deadline is hard. */
  readonly isEndedFromOutside?: boolean;
  /** What the clock moves at each look, in place of the real one. */
  readonly clockStepMs?: number;
  /** Modes that fail the case, and why. */
  readonly failsIn?: Partial<Record<keyof typeof ENGINES, string>>;
  run(world: ModeWorld): void | Promise<void>;
}

/** Registers the cases with the test runner, once per mode. */
export function modeCases(suite: string, cases: readonly ModeCase[]): void {
  for (const [engine, makeEngine] of Object.entries(ENGINES) as [keyof typeof ENGINES, () => Engine][]) {
    const mode = engine === 'tiered' ? 'jit' : engine;
    describe(`${suite}, mode ${engine}`, () => {
      for (const one of cases) {
        test(one.name, async (context) => {
          const reason = one.failsIn?.[engine];
          if (reason === undefined)
            return runCase(one, mode, makeEngine()).catch((error: unknown) => skipLacks(error, context));
          try {
            await runCase(one, mode, makeEngine());
          } catch {
            context.skip(reason);
          }
          throw new Error(`passes in mode ${engine} now: remove the reason "${reason}"`);
        });
      }
    });
  }
}

/** A host whose WebAssembly lacks a feature cannot run the case: a newer one does. */
function skipLacks(error: unknown, context: { skip(reason: string): never }): never {
  if (error instanceof UsageError && /it lacks/.test(error.message)) context.skip(error.message);
  throw error;
}

async function runCase(one: ModeCase, mode: RunningMode, engine: Engine): Promise<void> {
  const platform = testPlatform(one.clockStepMs);
  const runtime = Runtime.init(one.initArgs, {
    platform,
    engines: [engine],
    libraries: ALL_LIBRARIES,
    isEndedFromOutside: one.isEndedFromOutside,
  });
  const startBytes = (bytes: Uint8Array, options: InstantiateOptions = {}): WasmInstance =>
    runtime.instantiate(runtime.load(bytes), { mode, ...options });
  const world: ModeWorld = {
    mode,
    runtime,
    log: platform.lines,
    pass: platform.pass,
    start: (text, options) => startBytes(assemble(text), options),
    startBytes,
  };
  try {
    await one.run(world);
  } catch (error) {
    if (!runtime.destroyed) runtime.destroy();
    throw error;
  }
  const leaks = runtime.destroyed ? undefined : runtime.destroy().leaks;
  if (leaks && leaks.blocks + leaks.charges > 0)
    throw new Error(`leaked ${leaks.blocks} blocks, ${leaks.charges} charges`);
}
