// Makes enclaves: `createEnclave({ transport: 'worker' })`. Embedders and the command line use this entry.
// Refuses unknown transports and options, by name.
import { EnclaveError } from '../enclave/protocol/enclave-errors.js';
import type { Transport } from '../enclave/protocol/transport.js';
import { type CallOptions, Enclave, type EnclaveOptions } from '../enclave/untrusted/client.js';
import { EnclavePool } from '../enclave/untrusted/enclave-pool.js';
import { NetworkGrant } from '../imports/wasi/network-grants.js';
import {
  type CreateEnclaveOptions,
  type CreatePoolOptions,
  checkEnclaveOptions,
  checkPoolOptions,
} from './enclave-options.js';
import { timers, transports } from './environment.js';
import { programOf, takeInput, takeJob, takePluginJob } from './job-options.js';
import { platformHere } from './platform-here.js';
import type { TransportName } from './transport-options.js';

export {
  EnclaveError,
  type EnclaveFailure,
  GuestException,
  OtherError,
  ProtocolError,
  UntrustedFailure,
} from '../enclave/protocol/enclave-errors.js';
export type { GuestAddress, GuestReference, Handle, HostReference, WireValue } from '../enclave/protocol/fields.js';
export type { NativeTable } from '../enclave/protocol/structures.js';
export type { AbortSignalLike } from '../enclave/protocol/transport.js';
export type { ProcessSettings } from '../enclave/transport/process.js';
export type { WorkerSettings } from '../enclave/transport/worker.js';
export type { Source } from '../enclave/trusted/trusted-platform.js';
export type {
  AsyncCommands,
  CallOptions,
  Enclave,
  EnclaveCore,
  SyncCallOptions,
  SyncCommands,
} from '../enclave/untrusted/client.js';
export type { EnclavePool, PoolSettings, PoolStatus, WorkOptions } from '../enclave/untrusted/enclave-pool.js';
export type { Lease } from '../enclave/untrusted/lease.js';
export type { NativeCaller, NativeDefinition } from '../enclave/untrusted/native-service.js';
export type { ObservedPacket, PacketObserver } from '../enclave/untrusted/observed-transport.js';
export type { HostServices } from '../enclave/untrusted/ocall-service.js';
export type { PluginJob, PluginJobOutput } from '../enclave/untrusted/plugin-jobs.js';
export type {
  JobPreopen,
  PoolProgram,
  PreparedJob,
  ProgramInput,
  ProgramJob,
  ProgramOptions,
  ProgramOutput,
  UsageListener,
} from '../enclave/untrusted/program-jobs.js';
export type { InputService, OutputService } from '../enclave/untrusted/stream-services.js';
export type { TenantBudget, TenantUsage } from '../enclave/untrusted/tenants.js';
export type { FileName, TransportName, TransportOptions } from './transport-options.js';
export type { TrustedSettings } from './trusted.js';
export type { CreateEnclaveOptions, CreatePoolOptions };

/** All transports, the one that isolates least first. */
export const TRANSPORT_NAMES: readonly TransportName[] = ['same-thread', 'worker', 'process'];

/** A transport by its name. Throws an EnclaveError 'unavailable' for a name it does not know. */
function transportOf(options: CreateEnclaveOptions): Transport {
  const { transport: name = 'worker', trusted } = options;
  if (!TRANSPORT_NAMES.includes(name)) {
    throw new EnclaveError(
      'unavailable',
      `unknown transport '${String(name)}': use one of ${TRANSPORT_NAMES.join(', ')}`,
    );
  }
  const transport = transports[name](options);
  // A packet that the trusted side would refuse is not sent, because the two sides would count differently from then on.
  const limit = trusted?.maxPacketBytes ?? transport.maxPacketBytes;
  return { ...transport, maxPacketBytes: Math.min(transport.maxPacketBytes, limit) };
}

/**
 * Starts an enclave.
 * @param call how long the start may take (timeoutMs), and what ends it (signal)
 * @throws UsageError for wrong options, EnclaveError where the JavaScript environment or the operating system cannot start it
 */
export function createEnclave(options: CreateEnclaveOptions = {}, call?: CallOptions): Promise<Enclave> {
  return Enclave.create(enclaveOptions(options), call);
}
/** Starts an enclave without awaiting, over a transport that can wait. @throws as createEnclave; EnclaveError over one that cannot */
export function createEnclaveSync(options: CreateEnclaveOptions = {}): Enclave {
  return Enclave.createSync(enclaveOptions(options));
}

/** Makes a pool of enclaves. @throws UsageError for wrong options, such as a size below 1 */
export function createEnclavePool(given: CreatePoolOptions): EnclavePool {
  const { enclave, ...options } = checkPoolOptions(given);
  return new EnclavePool({
    ...options,
    create: () => createEnclave(enclave),
    timers,
    takeInput,
    takeJob,
    takePluginJob,
    program: programOf,
  });
}

function enclaveOptions(given: CreateEnclaveOptions): EnclaveOptions {
  const options = checkEnclaveOptions(given);
  const { transport: _, trusted: _settings, worker: _worker, process: _process, ...others } = options;
  const { entry: _entry, codeCache: _cache, network, ...services } = others;
  const granted = network ? { network: new NetworkGrant(network, platformHere()) } : {};
  return { ...services, ...granted, transport: transportOf(options), timers };
}
