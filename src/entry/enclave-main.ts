// The first file of a trusted side that has a thread or a process of its own. Serves its host until it is stopped.
import { serveProcess } from '../enclave/transport/process.js';
import { isEnclaveWorker, serveWorker } from '../enclave/transport/worker.js';
import { nodeTrusted, type TrustedSettings } from './trusted.js';

const build = (settings: unknown) => nodeTrusted((settings ?? {}) as TrustedSettings);

if (isEnclaveWorker()) serveWorker(build);
else serveProcess(build);
