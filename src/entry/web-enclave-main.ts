// The first file of the worker that an enclave has in a browser.
import { serveWebWorker, type WorkerScope } from '../enclave/transport/web-worker-inside.js';
import { turnOfEventLoop, webPlatform } from '../platform/web/platform.js';
import { type TrustedSettings, trustedOn } from './trusted.js';

serveWebWorker(
  globalThis as unknown as WorkerScope,
  (settings) => trustedOn(webPlatform(), settings as TrustedSettings | undefined),
  { now: () => performance.now(), turn: turnOfEventLoop },
);
