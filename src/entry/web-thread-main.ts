// The first file of a worker of a browser for threads of guests. Refuses threads that no platform started for that.
import { webPlatform } from '../platform/web/platform.js';
import { ENDED, type WebThreadStart } from '../platform/web/threads.js';
import type { WorkerSetup } from '../threads/cluster-setup.js';
import { threadServer } from './thread-server.js';

interface WorkerScope {
  postMessage(message: unknown): void;
  onmessage: (event: MessageEvent) => void;
}

function serve(scope: WorkerScope): void {
  const post = (): void => scope.postMessage(0);
  const take = threadServer({ platform: webPlatform(), importFile: (url) => import(url), post });
  scope.onmessage = ({ data }) => {
    const { enclasm, state } = (data ?? {}) as Partial<WebThreadStart>;
    if (enclasm !== 'threads' || state === undefined) {
      throw new Error('this file is the entry of workers for threads of guests');
    }
    const word = new Int32Array(state);
    scope.onmessage = ({ data: setup }) =>
      void take(setup as WorkerSetup).catch((error: unknown) => {
        Atomics.store(word, 0, ENDED);
        throw error;
      });
    post();
  };
}

serve(globalThis as unknown as WorkerScope);
