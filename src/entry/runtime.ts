// Runtime as users of the package meet it: `Runtime.init()` stands on this host's platform and engines unless
// given others, with all libraries unless given some.
import type { RuntimeHost } from '../embed/init/full-init.js';
import type { RuntimeInitArgs } from '../embed/init/init-args.js';
import { Runtime as EmbeddedRuntime } from '../embed/runtime.js';
import { defaultHost } from './host.js';
import { ALL_LIBRARIES } from './libraries.js';

export type Runtime = EmbeddedRuntime;
export const Runtime = {
  /**
   * Initialises a runtime, step by step as wasm_runtime_full_init does.
   * @throws UsageError for wrong arguments; InitError{step, cause} when a step failed, the others undone
   */
  init(args?: RuntimeInitArgs, host: RuntimeHost = defaultHost()): Runtime {
    return EmbeddedRuntime.init(args, { ...host, libraries: host.libraries ?? ALL_LIBRARIES });
  },
  [Symbol.hasInstance]: (value: unknown): value is Runtime => value instanceof EmbeddedRuntime,
};
