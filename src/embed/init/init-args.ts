// The arguments of wasm_runtime_full_init: WAMR's fields in camelCase, every default in one place.
// Refuses unknown keys and wrong types, by name.
import type { UserAllocatorOptions } from '../../alloc/user.js';
import {
  aFunction,
  anObject,
  anyValue,
  aString,
  aTable,
  type Checks,
  checkOptions,
  nonNegativeInteger,
  oneOf,
} from '../../runtime/check-options.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { checksOf, INIT_ARGS, type OptionsOf, type OptionTable } from '../../runtime/option-tables.js';
import { DEFAULT_MAX_THREADS } from '../../runtime/store.js';
import { UsageError } from '../../wasm/errors.js';
import type { Feature } from '../../wasm/features.js';
import { FEATURE_CHOICE } from '../module/wasm-module.js';

/** Where memory comes from: one buffer of fixed size, the embedder's functions, or a buffer for each allocation. */
export type MemAllocType = 'pool' | 'allocator' | 'system';

/** One buffer of fixed size, WAMR's `Alloc_With_Pool`. At least one of the two members is given. */
export interface PoolOption {
  /** The embedder's buffer, of which `heapSize` bytes are used, or all; default: a new buffer. */
  readonly heapBuf?: ArrayBuffer | SharedArrayBuffer | Uint8Array | undefined;
  /** Bytes of the pool. */
  readonly heapSize?: number | undefined;
}
/** A buffer for each allocation, WAMR's `Alloc_With_System_Allocator`. */
export interface SystemOption {
  /** The most bytes in use. */
  readonly limit?: number | undefined;
}
/** One of the three, for the memAllocType of the same name. */
export interface MemAllocOption {
  /** For type 'pool'. */
  readonly pool?: PoolOption | undefined;
  /** For type 'allocator'. */
  readonly allocator?: UserAllocatorOptions | undefined;
  /** For type 'system'. */
  readonly system?: SystemOption | undefined;
}

const WITHOUT_EFFECT = {
  /** Where the server of WAMR's source debugger would listen: an IP address. */
  ipAddr: 'text',
  /** Where the server of WAMR's source debugger would listen: a port; 0 for any. */
  instancePort: 'count',
  /** Bytes that WAMR's fast compiler would keep code in. */
  fastJitCodeCacheSize: 'count',
  /** Bytes of WAMR's heap of garbage-collected objects; here `limits.memoryBytes` bounds them. */
  gcHeapSize: 'count',
  /** How much WAMR's LLVM compiler would optimise, 0 to 3. */
  llvmJitOptLevel: 'count',
  /** How much WAMR's LLVM compiler would care for the size of code, 0 to 3. */
  llvmJitSizeLevel: 'count',
  /** Which accesses WAMR's LLVM compiler would make through a segment register of x86-64: a set of flags. */
  segueFlags: 'count',
  /** Whether a profiler would get the names of WAMR's compiled functions. */
  enableLinuxPerf: 'flag',
} as const satisfies OptionTable;

/** WAMR's fields that have no effect here. They are checked, and one that asks for something gives a warning. */
export type InitArgsWithoutEffect = OptionsOf<typeof WITHOUT_EFFECT>;

/** What `Runtime.init` takes: WAMR's `RuntimeInitArgs`, with defaults for everything. */
export interface RuntimeInitArgs extends OptionsOf<typeof INIT_ARGS>, InitArgsWithoutEffect {
  /** Where memory comes from. */
  readonly memAllocType?: MemAllocType | undefined;
  /** What memAllocType needs: `{ pool }`, `{ allocator }` or `{ system }`. */
  readonly memAllocOption?: MemAllocOption | undefined;
  /** The module name that `nativeSymbols` are registered under. */
  readonly nativeModuleName?: string | undefined;
  /** Natives that are registered last; `registerNatives` adds more. */
  readonly nativeSymbols?: readonly NativeSymbol[] | undefined;
  /** Features that are switched on or off in the default set. */
  readonly features?: Partial<Record<Feature, boolean>> | undefined;
}

/** Init args with every default filled in. */
export type ResolvedInitArgs = { readonly [Key in keyof RuntimeInitArgs]-?: Exclude<RuntimeInitArgs[Key], undefined> };

/** Every default. C programs import natives from module 'env'. */
export const DEFAULT_INIT_ARGS: ResolvedInitArgs = {
  memAllocType: 'system',
  memAllocOption: {},
  nativeModuleName: 'env',
  nativeSymbols: [],
  maxThreadNum: DEFAULT_MAX_THREADS,
  runningMode: 'auto',
  limits: {},
  features: {},
  logLevel: 'warning',
  ipAddr: '',
  instancePort: 0,
  fastJitCodeCacheSize: 0,
  gcHeapSize: 0,
  llvmJitOptLevel: 3,
  llvmJitSizeLevel: 3,
  segueFlags: 0,
  enableLinuxPerf: false,
};

const POOL_CHECKS: Checks<PoolOption> = { heapBuf: anObject, heapSize: nonNegativeInteger };
const SYSTEM_CHECKS: Checks<SystemOption> = { limit: nonNegativeInteger };
const ALLOCATOR_CHECKS: Checks<UserAllocatorOptions> = {
  malloc: aFunction,
  realloc: aFunction,
  free: aFunction,
  buffer: anyValue,
  userData: anyValue,
};
const MEM_ALLOC_CHECKS: Checks<MemAllocOption> = {
  pool: { checks: POOL_CHECKS },
  allocator: { checks: ALLOCATOR_CHECKS },
  system: { checks: SYSTEM_CHECKS },
};

const CHECKS: Checks<RuntimeInitArgs> = {
  memAllocType: oneOf('pool', 'allocator', 'system'),
  memAllocOption: { checks: MEM_ALLOC_CHECKS },
  nativeModuleName: aString,
  nativeSymbols: aTable,
  ...checksOf(INIT_ARGS),
  features: FEATURE_CHOICE,
  ...checksOf(WITHOUT_EFFECT),
};

/**
 * Checks the arguments and fills in the defaults.
 * @throws UsageError that names the key
 */
export function resolveInitArgs(given: RuntimeInitArgs | undefined): ResolvedInitArgs {
  const args = checkOptions<RuntimeInitArgs>(given, CHECKS, 'init args');
  const option = args.memAllocOption ?? DEFAULT_INIT_ARGS.memAllocOption;
  const type = args.memAllocType ?? DEFAULT_INIT_ARGS.memAllocType;
  for (const other of Object.keys(option)) {
    if (option[other as MemAllocType] !== undefined && other !== type) {
      throw new UsageError(`memAllocOption.${other} is given, but memAllocType is '${type}'`);
    }
  }
  if (type !== 'system' && option[type] === undefined) {
    throw new UsageError(`memAllocType '${type}' needs memAllocOption.${type}`);
  }
  return Object.freeze({ ...DEFAULT_INIT_ARGS, ...args } as ResolvedInitArgs);
}

/** Returns the given fields that have no effect. */
export function fieldsWithoutEffect(args: ResolvedInitArgs): string[] {
  const names = Object.keys(WITHOUT_EFFECT) as (keyof typeof WITHOUT_EFFECT)[];
  return names.filter((key) => args[key] !== DEFAULT_INIT_ARGS[key] && args[key] !== 0);
}
