// What INIT_RUNTIME runs: wasm_runtime_full_init of the embedding API, with the untrusted side's choices and natives.
// Refuses an allocator that this trusted side was built without.
import type { UserAllocatorOptions } from '../../alloc/user.js';
import type { RuntimeHost } from '../../embed/init/full-init.js';
import type { RuntimeInitArgs } from '../../embed/init/init-args.js';
import { Runtime } from '../../embed/runtime.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { UsageError } from '../../wasm/errors.js';
import type { InitArgs } from '../protocol/structures.js';
import type { TrustedPlatform } from './trusted-platform.js';

/** What the commands need of a runtime, so that a test can give one that misbehaves. */
export type EnclaveRuntime = Pick<
  Runtime,
  'load' | 'instantiate' | 'registerModule' | 'registerNatives' | 'getMemAllocInfo' | 'setLogLevel' | 'destroy'
>;

/** Natives under one module name. */
export interface NativeModule {
  readonly moduleName: string;
  readonly symbols: readonly NativeSymbol[];
}

/** Makes the one runtime of an enclave, or throws with everything undone. */
export type InitRuntime = (
  args: InitArgs,
  natives: readonly NativeModule[],
  platform: TrustedPlatform,
) => EnclaveRuntime;

export interface InitRuntimeOptions {
  /** Engines and what else the runtime stands on; its platform is the trusted side's. */
  readonly host: Omit<RuntimeHost, 'platform'>;
  /** What memAllocType 'allocator' uses: memory of the trusted side. */
  readonly allocator?: UserAllocatorOptions | undefined;
}

/** The initialisation of a runtime over these engines and libraries. */
export function runtimeInitialiser(options: InitRuntimeOptions): InitRuntime {
  return (args, natives, trusted) => {
    const [first, ...others] = natives;
    const runtime = Runtime.init(initArgs(args, first, options), { ...options.host, platform: trusted.platform });
    try {
      for (const { moduleName, symbols } of others) runtime.registerNatives(moduleName, symbols);
      if (args.moduleReader) runtime.setModuleReader((name) => trusted.readModule(name));
      return runtime;
    } catch (error) {
      runtime.destroy();
      throw error;
    }
  };
}

function initArgs(args: InitArgs, natives: NativeModule | undefined, options: InitRuntimeOptions): RuntimeInitArgs {
  const { memAllocType = 'system', heapSize, natives: _, moduleReader: _reader, ...rest } = args;
  if (memAllocType === 'allocator' && !options.allocator) {
    throw new UsageError("INIT_RUNTIME: memAllocType 'allocator': this trusted side was built without one");
  }
  return {
    ...rest,
    memAllocType,
    memAllocOption: {
      pool: memAllocType === 'pool' ? { heapSize } : undefined,
      system: memAllocType === 'system' ? { limit: heapSize } : undefined,
      allocator: memAllocType === 'allocator' ? options.allocator : undefined,
    },
    ...(natives && { nativeModuleName: natives.moduleName, nativeSymbols: natives.symbols }),
  };
}
