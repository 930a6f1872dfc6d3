// The Runtime of the package's root, which by default has the platform and engines of this JavaScript environment and all libraries.
import type { RuntimeHost } from '../embed/init/full-init.js';
import type { RuntimeInitArgs } from '../embed/init/init-args.js';
import { Runtime as EmbeddedRuntime } from '../embed/runtime.js';
import { defaultHost } from './host.js';
import { ALL_LIBRARIES } from './libraries.js';

/**
 * A runtime: WAMR's `wasm_runtime_*` functions as methods. It owns its memory, natives, engines, modules and instances; two of them share
 * nothing. This one runs on Node, Bun, Deno and in browsers; `enclasm/embed` has the class for a platform of your own.
 */
export class Runtime extends EmbeddedRuntime {
  /**
   * Initialises a runtime, step by step as `wasm_runtime_full_init` does; `Runtime.init(args, host)` is the same.
   * @param args memory, natives, limits and mode; each has a default
   * @param host what it runs on; default: the platform of this JavaScript environment, all engines and all libraries
   * @throws UsageError for wrong arguments
   * @throws InitError with `step` and `cause` when a step failed; the others have been undone
   */
  constructor(args?: RuntimeInitArgs, host: RuntimeHost = defaultHost()) {
    super(args, { ...host, libraries: host.libraries ?? ALL_LIBRARIES });
  }

  /**
   * Initialises a runtime, step by step as `wasm_runtime_full_init` does.
   * @param args memory, natives, limits and mode; each has a default
   * @param host what it runs on; default: the platform of this JavaScript environment, all engines and all libraries
   * @throws UsageError for wrong arguments
   * @throws InitError with `step` and `cause` when a step failed; the others have been undone
   */
  static override init(args?: RuntimeInitArgs, host?: RuntimeHost): Runtime {
    return new this(args, host);
  }
}
