// Guests with threads in text, for tests: what every program of wasi-threads has, and a runtime on the real platform.
import { onTestFinished } from 'vitest';
import type { RuntimeInitArgs } from '#src/embed/init/init-args.js';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { Engine } from '#src/runtime/engine.js';
import { assemble } from '../helpers/wat.js';
import { enginesFor } from './engines.js';

/** A runtime that ends with the test. */
export function runtimeOf(args: RuntimeInitArgs = {}, engines: readonly Engine[] = defaultEngines()): Runtime {
  const runtime = Runtime.init(args, { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines });
  onTestFinished(() => {
    if (!runtime.destroyed) runtime.destroy();
  });
  return runtime;
}

export function start(text: string, options: InstantiateOptions = {}, args: RuntimeInitArgs = {}): WasmInstance {
  const runtime = runtimeOf(args, enginesFor(options.mode));
  return runtime.instantiate(runtime.load(assemble(text)), { wasi: {}, ...options });
}

/** What an action throws. */
export function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error('nothing was thrown');
}
