// Enclaves on Node, put together: `createEnclave({ transport: 'worker' })`. Embedders and the command line come through here.
// Refuses unknown transports and options, by name.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EnclaveError } from '../enclave/protocol/errors.js';
import type { Timers, Transport } from '../enclave/protocol/transport.js';
import { type ProcessOptions, processTransport } from '../enclave/transport/process.js';
import { sameThreadTransport } from '../enclave/transport/same-thread.js';
import { type WorkerOptions, workerTransport } from '../enclave/transport/worker.js';
import { type CallOptions, Enclave, type EnclaveOptions } from '../enclave/untrusted/client.js';
import type { HostServices } from '../enclave/untrusted/ocall-service.js';
import { EnclavePool, type EnclavePoolOptions } from '../enclave/untrusted/pool.js';
import { NetworkGrant, type NetworkOptions } from '../imports/wasi/network.js';
import { nodePlatform } from '../platform/node/platform.js';
import { nodeTrusted, type TrustedSettings } from './trusted.js';

export type TransportName = 'same-thread' | 'worker' | 'process';
export const TRANSPORT_NAMES: readonly TransportName[] = ['same-thread', 'worker', 'process'];

export interface CreateEnclaveOptions extends Omit<HostServices, 'network'> {
  /** Default 'worker'. */
  readonly transport?: TransportName | undefined;
  /** Addresses and names that guests may use of this host's network; setWasiArgs says which of them a guest gets. Nothing unless given. */
  readonly network?: NetworkOptions | undefined;
  readonly trusted?: TrustedSettings | undefined;
  readonly worker?: Omit<WorkerOptions, 'entry' | 'settings'> | undefined;
  readonly process?: Omit<ProcessOptions, 'entry' | 'codeFolder' | 'settings'> | undefined;
}

/** One large file, with the code that V8 made of it, loads several times faster than the many it was made of. */
const BUNDLED = new URL('../bin/enclave-main.cjs', import.meta.url);
const ENTRY = existsSync(BUNDLED) ? BUNDLED : new URL('./enclave-main.js', import.meta.url);
/** The folder the entry lies in has the rest of our code beside it. */
const CODE_FOLDER = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Node's timers. */
export const nodeTimers: Timers = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** A transport by its name. Throws an EnclaveError 'unavailable' for a name it does not know. */
export function nodeTransport(options: CreateEnclaveOptions = {}): Transport {
  const transport = namedTransport(options);
  const limit = options.trusted?.maxPacketBytes ?? transport.maxPacketBytes;
  // What the trusted side would refuse is not sent: a packet it does not take is a turn that it does not count.
  return { ...transport, maxPacketBytes: Math.min(transport.maxPacketBytes, limit) };
}

function namedTransport(options: CreateEnclaveOptions): Transport {
  const { transport = 'worker', trusted: settings } = options;
  switch (transport) {
    case 'same-thread':
      return sameThreadTransport({ trusted: nodeTrusted(settings) });
    case 'worker':
      return workerTransport({ ...options.worker, entry: ENTRY, settings });
    case 'process':
      return processTransport({ ...options.process, entry: ENTRY, codeFolder: CODE_FOLDER, settings });
    default:
      throw new EnclaveError(
        'unavailable',
        `unknown transport '${String(transport)}': use one of ${TRANSPORT_NAMES.join(', ')}`,
      );
  }
}

/** Starts an enclave. @throws EnclaveError where this host cannot */
export function createEnclave(options: CreateEnclaveOptions = {}, call?: CallOptions): Promise<Enclave> {
  return Enclave.create(enclaveOptions(options), call);
}
/** The same without awaiting, over a transport that can wait. */
export function createEnclaveSync(options: CreateEnclaveOptions = {}): Enclave {
  return Enclave.createSync(enclaveOptions(options));
}

export interface CreatePoolOptions extends Omit<EnclavePoolOptions, 'create' | 'timers'> {
  /** How each enclave of the pool is made. */
  readonly enclave?: CreateEnclaveOptions | undefined;
}
/** A pool of enclaves. @throws UsageError for a size below 1 */
export function createEnclavePool({ enclave, ...options }: CreatePoolOptions): EnclavePool {
  return new EnclavePool({ ...options, create: () => createEnclave(enclave), timers: nodeTimers });
}

function enclaveOptions(options: CreateEnclaveOptions): EnclaveOptions {
  const { transport: _, trusted: _settings, worker: _worker, process: _process, network, ...services } = options;
  const granted = network ? { network: new NetworkGrant(network, nodePlatform()) } : {};
  return { ...services, ...granted, transport: nodeTransport(options), timers: nodeTimers };
}
