// What wasm_runtime_full_init takes: WAMR's fields in camelCase, every default in one place.
// Refuses unknown keys and wrong types, by name.
import type { UserAllocatorOptions } from '../../alloc/user.js';
import type { LogLevel } from '../../platform/platform.js';
import {
  aBoolean,
  aCount,
  aFunction,
  anObject,
  anything,
  aString,
  aTable,
  type Checks,
  checkOptions,
  oneOf,
} from '../../runtime/check-options.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { MODE_CHOICES, type ModeChoice } from '../../runtime/running-mode.js';
import { DEFAULT_MAX_THREADS } from '../../runtime/store.js';
import { UsageError } from '../../wasm/errors.js';
import type { Feature } from '../../wasm/features.js';
import type { RuntimeLimitOptions } from '../../wasm/limit-table.js';
import { RUNTIME_LIMITS } from '../call/limits.js';
import { FEATURE_CHOICE } from '../module/wasm-module.js';

export const LOG_LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warning', 'debug', 'verbose'];

export type MemAllocType = 'pool' | 'allocator' | 'system';

export interface PoolOption {
  /** The embedder's buffer, whole; default: a new one of `heapSize` bytes. */
  readonly heapBuf?: ArrayBuffer | SharedArrayBuffer | Uint8Array | undefined;
  /** Bytes. */
  readonly heapSize?: number | undefined;
}
export interface SystemOption {
  /** Bytes in use at most. */
  readonly limit?: number | undefined;
}
/** One of the three, for the memAllocType of the same name. */
export interface MemAllocOption {
  readonly pool?: PoolOption | undefined;
  readonly allocator?: UserAllocatorOptions | undefined;
  readonly system?: SystemOption | undefined;
}

export interface RuntimeInitArgs {
  /** Where memory comes from. */
  readonly memAllocType?: MemAllocType | undefined;
  readonly memAllocOption?: MemAllocOption | undefined;
  /** Module name that `nativeSymbols` are registered under. */
  readonly nativeModuleName?: string | undefined;
  readonly nativeSymbols?: readonly NativeSymbol[] | undefined;
  /** Threads of one cluster; 0 leaves the default. */
  readonly maxThreadNum?: number | undefined;
  /** Mode of instances that ask for none. */
  readonly runningMode?: ModeChoice | undefined;
  /** Limits of the runtime, and defaults for its instances. */
  readonly limits?: RuntimeLimitOptions | undefined;
  /** Features on or off, against the default set. */
  readonly features?: Partial<Record<Feature, boolean>> | undefined;
  readonly logLevel?: LogLevel | undefined;
  /** The following are WAMR's; they are checked, and warned about where they ask for what this runtime does not have. */
  readonly ipAddr?: string | undefined;
  readonly instancePort?: number | undefined;
  readonly fastJitCodeCacheSize?: number | undefined;
  readonly gcHeapSize?: number | undefined;
  readonly llvmJitOptLevel?: number | undefined;
  readonly llvmJitSizeLevel?: number | undefined;
  readonly segueFlags?: number | undefined;
  readonly enableLinuxPerf?: boolean | undefined;
}

type Resolved = { readonly [Key in keyof RuntimeInitArgs]-?: Exclude<RuntimeInitArgs[Key], undefined> };

/** Every default. Module name 'env' is where C programs look for natives. */
export const DEFAULT_INIT_ARGS: Resolved = {
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

/** WAMR's fields that have no effect here. */
const WITHOUT_EFFECT = [
  'ipAddr',
  'instancePort',
  'fastJitCodeCacheSize',
  'gcHeapSize',
  'llvmJitOptLevel',
  'llvmJitSizeLevel',
  'segueFlags',
  'enableLinuxPerf',
] as const;

const POOL_CHECKS: Checks<PoolOption> = { heapBuf: anObject, heapSize: aCount };
const SYSTEM_CHECKS: Checks<SystemOption> = { limit: aCount };
const ALLOCATOR_CHECKS: Checks<UserAllocatorOptions> = {
  malloc: aFunction,
  realloc: aFunction,
  free: aFunction,
  buffer: anything,
  userData: anything,
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
  maxThreadNum: aCount,
  runningMode: oneOf(...MODE_CHOICES),
  limits: RUNTIME_LIMITS,
  features: FEATURE_CHOICE,
  logLevel: oneOf(...LOG_LEVELS),
  ipAddr: aString,
  instancePort: aCount,
  fastJitCodeCacheSize: aCount,
  gcHeapSize: aCount,
  llvmJitOptLevel: aCount,
  llvmJitSizeLevel: aCount,
  segueFlags: aCount,
  enableLinuxPerf: aBoolean,
};

/**
 * Checks the arguments and fills in the defaults.
 * @throws UsageError that names the key
 */
export function resolveInitArgs(given: RuntimeInitArgs | undefined): Resolved {
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
  return Object.freeze({ ...DEFAULT_INIT_ARGS, ...args } as Resolved);
}

export type ResolvedInitArgs = Resolved;

/** The fields that ask for something this runtime does not have. */
export function fieldsWithoutEffect(args: ResolvedInitArgs): string[] {
  return WITHOUT_EFFECT.filter((key) => args[key] !== DEFAULT_INIT_ARGS[key] && args[key] !== 0);
}
