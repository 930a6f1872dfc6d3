// The first file of the inspector's enclave: a debug enclave, as one could say of SGX's. It is an enclave like any other, except that it also reports to
// the page what happens inside. Refuses pages that do not say where reports go.
import { serveWebWorker, type WorkerScope } from '#src/enclave/transport/web-worker-inside.js';
import { turnOfEventLoop } from '#src/platform/web/platform.js';
import { MemoryWish } from '../memory-wish.js';
import type { Watch } from '../messages.js';
import { debugTrusted } from './debug-trusted.js';
import { Reporter } from './reporter.js';

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener(
  'message',
  ({ data }) => {
    const { port, profile, given, wish } = data as Watch;
    if (!(port instanceof MessagePort)) throw new Error('this file is the entry of the inspector’s enclave');
    const reporter = new Reporter((report, transfer) => port.postMessage(report, [...transfer]), {
      profile,
      wish: wish && new MemoryWish(wish),
    });
    // By shared memory the event loop has a turn between commands where some time has passed: here that is always so.
    let moments = 0;
    const eventLoop = {
      now: () => (moments += 1_000),
      turn: () => {
        reporter.answered();
        return turnOfEventLoop();
      },
    };
    // The enclave takes the second message.
    serveWebWorker(scope, async () => debugTrusted(reporter, given), eventLoop);
  },
  { once: true },
);
