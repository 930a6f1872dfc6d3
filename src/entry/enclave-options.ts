// What createEnclave and createEnclavePool take, checked. Refuses unknown names and wrong types, by name: a misspelt sandbox is none.
import type { PoolSettings } from '../enclave/untrusted/enclave-pool.js';
import type { PacketObserver } from '../enclave/untrusted/observed-transport.js';
import type { HostServices } from '../enclave/untrusted/ocall-service.js';
import type { TenantBudget } from '../enclave/untrusted/tenants.js';
import type { NetworkOptions } from '../imports/wasi/network-grants.js';
import { isStreamInput, isStreamOutput } from '../platform/streams.js';
import {
  aBoolean,
  aFunction,
  anArray,
  anObject,
  anyValue,
  type Check,
  type Checks,
  checkOptions,
  nonNegativeInteger,
  nonNegativeNumber,
  oneOf,
  stringArray,
} from '../runtime/check-options.js';
import { checksOf, NETWORK_OPTIONS } from '../runtime/option-tables.js';
import { UsageError } from '../wasm/errors.js';
import { codeCacheFault, threadWorkersFault } from './environment.js';
import type { TransportOptions } from './transport-options.js';
import type { TrustedSettings } from './trusted.js';

/** The options of an enclave: its transport, and what the embedder does for the guests inside. */
export interface CreateEnclaveOptions extends HostServices, TransportOptions {
  /** The addresses and names that guests may use of the network; setWasiArgs says which of them a guest gets. None unless given. */
  readonly network?: NetworkOptions | undefined;
  /** The most bytes of text and memory that one call of a native may bring; more is an error of the guest's call. Default 16 MiB. */
  readonly maxNativeBytes?: number | undefined;
  /** Is told of every packet that crosses the boundary, by name and size. Default: none is told of, and nothing is measured. */
  readonly observePacket?: PacketObserver | undefined;
}

/** The options of a pool of enclaves. */
export interface CreatePoolOptions extends PoolSettings {
  /** The options of each enclave of the pool. */
  readonly enclave?: CreateEnclaveOptions | undefined;
}

const isOpenFile = (value: unknown): boolean => typeof value === 'object' && value !== null && 'seekable' in value;
export const anInput: Check = (value) =>
  typeof value === 'function' || isStreamInput(value) || isOpenFile(value)
    ? undefined
    : 'a function, a readable stream, an async iterable or an OpenFile';
export const anOutput: Check = (value) =>
  typeof value === 'function' || isStreamOutput(value) || isOpenFile(value)
    ? undefined
    : 'a function, a writable stream or an OpenFile';

const TRUSTED: Checks<TrustedSettings> = {
  clock: oneOf('own', 'host'),
  random: oneOf('own', 'host'),
  threadWorkers: (value) => nonNegativeInteger(value) ?? threadWorkersFault(),
  maxPacketBytes: nonNegativeInteger,
};
const WORKER: Checks<NonNullable<CreateEnclaveOptions['worker']>> = {
  heapMiB: nonNegativeNumber,
  sharedMemory: aBoolean,
  areaBytes: nonNegativeInteger,
  cores: nonNegativeInteger,
};
const PROCESS: Checks<NonNullable<CreateEnclaveOptions['process']>> = {
  allowRead: stringArray,
  heapMiB: nonNegativeNumber,
  memoryMiB: nonNegativeNumber,
  bubblewrap: aBoolean,
  allowWorkers: aBoolean,
  launcher: stringArray,
  maxPacketBytes: nonNegativeInteger,
};
const ENCLAVE: Checks<CreateEnclaveOptions> = {
  // An unknown transport has an error of its own.
  transport: anyValue,
  network: { checks: checksOf(NETWORK_OPTIONS) },
  observePacket: aFunction,
  trusted: { checks: TRUSTED },
  entry: anyValue,
  codeCache: codeCacheFault,
  worker: { checks: WORKER },
  process: { checks: PROCESS },
  stdout: anOutput,
  stderr: anOutput,
  stdin: anInput,
  log: aFunction,
  grants: anArray,
  moduleReader: aFunction,
  clock: anObject,
  random: aFunction,
  maxNativeBytes: nonNegativeInteger,
};
const POOL: Checks<CreatePoolOptions> = {
  enclave: anObject,
  prepare: aFunction,
  // A size below 1 has an error of its own.
  size: anyValue,
  spares: nonNegativeInteger,
  queueLimit: nonNegativeInteger,
  recycleAfter: nonNegativeNumber,
  budget: (value) => (typeof value === 'function' ? undefined : anObject(value) && 'an object or a function'),
};
const BUDGET: Checks<TenantBudget> = {
  fuel: nonNegativeInteger,
  timeMs: nonNegativeNumber,
  memoryBytes: nonNegativeInteger,
};

/** Reads a file name once, because a URL is an object of the embedder's. @throws UsageError */
function fileName(value: unknown, what: string): string {
  const text = typeof value === 'object' && value !== null ? (value as { readonly href?: unknown }).href : value;
  if (typeof text === 'string' && text !== '' && !text.includes('\0')) return text;
  throw new UsageError(`${what}: the path or the URL of a file is wanted`);
}

/** Checks the options and returns a frozen copy. @throws UsageError */
export function checkEnclaveOptions(given: CreateEnclaveOptions): CreateEnclaveOptions {
  const what = 'createEnclave options';
  const options = checkOptions<CreateEnclaveOptions>(given, ENCLAVE, what);
  const { entry } = options;
  return Object.freeze({ ...options, ...(entry !== undefined && { entry: fileName(entry, `${what}.entry`) }) });
}
/** Checks the options and returns a frozen copy; a budget that a function returns is checked then. @throws UsageError */
export function checkPoolOptions(given: CreatePoolOptions): CreatePoolOptions {
  const what = 'createEnclavePool options';
  const options = checkOptions<CreatePoolOptions>(given, POOL, what);
  const { enclave, budget } = options;
  const checked = (one: unknown): TenantBudget => checkOptions<TenantBudget>(one, BUDGET, `${what}.budget`);
  return Object.freeze({
    ...options,
    ...(enclave && { enclave: checkEnclaveOptions(enclave) }),
    ...(typeof budget === 'function' && { budget: (tenant: string) => checked(budget(tenant)) }),
    ...(typeof budget === 'object' && { budget: checked(budget) }),
  });
}
