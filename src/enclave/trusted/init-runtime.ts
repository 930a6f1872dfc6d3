// INIT_RUNTIME runs this: wasm_runtime_full_init of the embedding API, with the embedder's choices and natives.
// Refuses an allocator that this trusted side was built without.
import type { UserAllocatorOptions } from '../../alloc/user.js';
import type { RuntimeHost } from '../../embed/init/full-init.js';
import type { RuntimeInitArgs } from '../../embed/init/init-args.js';
import { Runtime } from '../../embed/runtime.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { UsageError } from '../../wasm/errors.js';
import type { InitArgs } from '../protocol/structures.js';
import type { TrustedPlatform } from './trusted-platform.js';

/** The part of a runtime that the commands use, so that a test can give one that misbehaves. */
export type EnclaveRuntime = Pick<
  Runtime,
  'load' | 'instantiate' | 'registerModule' | 'registerNatives' | 'getMemAllocInfo' | 'setLogLevel' | 'destroy'
>;

/** Natives under one module name. */
export interface NativeModule {
  readonly moduleName: string;
  readonly symbols: readonly NativeSymbol[];
}

/** Makes the one runtime of an enclave; if it throws, everything has been undone. */
export type InitRuntime = (
  args: InitArgs,
  natives: readonly NativeModule[],
  platform: TrustedPlatform,
) => EnclaveRuntime;

export interface InitRuntimeOptions {
  /** The engines and libraries of the runtime; its platform is the trusted side's. */
  readonly host: Omit<RuntimeHost, 'platform' | 'isEndedFromOutside'>;
  /** The allocator of memAllocType 'allocator'; its memory is the trusted side's. */
  readonly allocator?: UserAllocatorOptions | undefined;
}

/** Returns the initialisation of a runtime with these engines and libraries. */
export function runtimeInitialiser(options: InitRuntimeOptions): InitRuntime {
  return (args, natives, trusted) => {
    const [first, ...others] = natives;
    const runtime = Runtime.init(initArgs(args, first, options), {
      ...options.host,
      platform: trusted.platform,
      // The untrusted side refuses hard deadlines where it could not keep them.
      isEndedFromOutside: true,
    });
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
