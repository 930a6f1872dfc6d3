// Enclaves over every transport, for the suite that runs over all of them. Workers and processes run the compiled code in dist/.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Transport } from '#src/enclave/protocol/transport.js';
import { processTransport } from '#src/enclave/transport/process.js';
import { sameThreadTransport } from '#src/enclave/transport/same-thread.js';
import { workerTransport } from '#src/enclave/transport/worker.js';
import { Enclave, type EnclaveOptions } from '#src/enclave/untrusted/client.js';
import { trustedOn } from '#src/entry/trusted.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { realTrusted, timers } from '../enclave/support.js';
import { projectRoot } from '../helpers/wat.js';

export const dist = join(projectRoot(), 'dist');
export const entry = join(dist, 'entry/enclave-main.js');

export interface Subject {
  readonly name: string;
  /** Functions of the host that the guest waits for can be called. */
  readonly waits: boolean;
  transport(): Transport;
}

export const SUBJECTS: readonly Subject[] = [
  { name: 'same-thread', waits: true, transport: () => sameThreadTransport({ trusted: realTrusted() }) },
  { name: 'worker', waits: true, transport: () => workerTransport({ entry }) },
  { name: 'worker by messages', waits: false, transport: () => workerTransport({ entry, sharedMemory: false }) },
  { name: 'process', waits: true, transport: () => processTransport({ entry, codeFolder: dist }) },
  {
    name: 'process by a launcher',
    waits: true,
    transport: () => processTransport({ entry, codeFolder: dist, launcher: [process.execPath, entry] }),
  },
  ...(existsSync('/usr/bin/bwrap')
    ? [
        {
          name: 'process in bubblewrap',
          waits: true,
          transport: () => processTransport({ entry, codeFolder: dist, bubblewrap: true }),
        },
      ]
    : []),
];

/** Those in which threads of guests can run in workers. */
export const WORKER_SUBJECTS: readonly Subject[] = [
  {
    name: 'same-thread',
    waits: true,
    transport: () => sameThreadTransport({ trusted: trustedOn(nodePlatform(() => {})) }),
  },
  { name: 'worker', waits: true, transport: () => workerTransport({ entry }) },
  {
    name: 'process',
    waits: true,
    transport: () => processTransport({ entry, codeFolder: dist, allowWorkers: true }),
  },
];
/** How long the end of a test's runtime may take. */
const RESET_MS = 10_000;

/**
 * One enclave for many tests, each with a runtime of its own: to start a process takes longer than most tests. One that has failed, or does not give up
 * its runtime, is replaced.
 */
export class SharedEnclave {
  readonly #subject: Subject;
  #enclave: Enclave | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }
  async open(): Promise<Enclave> {
    if (this.#enclave?.failure) await this.close();
    return (this.#enclave ??= await open(this.#subject));
  }
  /** After a test: ends its runtime. */
  async reset(): Promise<void> {
    try {
      await this.#enclave?.destroyRuntime({}, { timeoutMs: RESET_MS });
    } catch {
      await this.close();
    }
  }
  async close(): Promise<void> {
    const enclave = this.#enclave;
    this.#enclave = undefined;
    await enclave?.close();
  }
}

export function open(subject: Subject, options: Partial<EnclaveOptions> = {}): Promise<Enclave> {
  if (!existsSync(entry)) throw new Error('dist/ is missing: run npm run build first');
  return Enclave.create({ transport: subject.transport(), timers, ...options }, { timeoutMs: 60_000 });
}
