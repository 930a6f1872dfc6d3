// What says where an enclave's trusted side runs, and how it is started. Types only.
import type { ProcessSettings } from '../enclave/transport/process.js';
import type { WorkerSettings } from '../enclave/transport/worker.js';
import type { TrustedSettings } from './trusted.js';

/** Where the trusted side runs: on this thread, in a worker, or in a process of its own. */
export type TransportName = 'same-thread' | 'worker' | 'process';

/** A path, or the URL of a file as text or as a `URL`. */
export type FileName = string | { readonly href: string };

/** Where an enclave's trusted side runs. */
export interface TransportOptions {
  /** Default 'worker'. */
  readonly transport?: TransportName | undefined;
  /** Settings that the trusted side gets when it starts. */
  readonly trusted?: TrustedSettings | undefined;
  /**
   * The file that workers and processes start from, for programs that were bundled: the path or URL of 'enclasm/enclave-main', or of a
   * bundle made of it. In a browser the URL of 'enclasm/web/enclave-main.js'. Default: where this package has it.
   */
  readonly entry?: FileName | undefined;
  /**
   * The folder where the code that V8 makes of that file is kept, so that later enclaves start faster: an absolute path, or false to keep none. Every
   * program that can write there can run code here. Default: a folder among the user's caches (XDG_CACHE_HOME, or the platform's own). Browsers keep
   * such code themselves, and take no path.
   */
  readonly codeCache?: string | false | undefined;
  /** Settings of transport 'worker'. */
  readonly worker?: WorkerSettings | undefined;
  /** Settings of transport 'process'. */
  readonly process?: ProcessSettings | undefined;
}
