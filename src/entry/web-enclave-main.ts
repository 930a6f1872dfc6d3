// The first file of the worker that an enclave has in a browser.
import { serveWebWorker, type WorkerScope } from '../enclave/transport/web-worker-inside.js';
import { turnOfEventLoop, webPlatform } from '../platform/web/platform.js';
import { type TrustedSettings, trustedOn } from './trusted.js';
import { startThreadWorkers } from './web-threads.js';

serveWebWorker(
  globalThis as unknown as WorkerScope,
  async (settings: TrustedSettings = {}) => {
    const { threadWorkers = 0 } = settings;
    // Their file lies beside this one.
    const file = new URL('./thread-main.js', import.meta.url);
    const workers = threadWorkers > 0 ? await startThreadWorkers(threadWorkers, file) : undefined;
    return trustedOn(webPlatform(undefined, workers), settings);
  },
  { now: () => performance.now(), turn: turnOfEventLoop },
);
