// Workers of a browser for threads of guests, from the file of this package. Refuses where threads in workers could not be served: on pages, which may not
// wait, and where no memory can be shared.
import { canBlock } from '../platform/web/platform.js';
import { ReadyWorkers, type ThreadWorkers } from '../platform/web/threads.js';
import { ThreadsUnsupportedError } from '../runtime/exec-env.js';
import { UsageError } from '../wasm/errors.js';
import type { FileName } from './transport-options.js';

export type { ThreadWorkers } from '../platform/web/threads.js';

/**
 * Starts workers for threads of guests, for a `webPlatform` in a worker of a page that is isolated from other origins. A browser starts none while a guest
 * runs, so they stand ready before.
 * @param count one for each thread that runs at once, and one for each guest with threads
 * @param entry the URL of 'enclasm/web/thread-main.js'; default: where this package has it
 * @throws UsageError on a page, and where no memory can be shared
 * @throws ThreadsUnsupportedError where one of them cannot be started: those that are up end
 */
export async function startThreadWorkers(count: number, entry?: FileName): Promise<ThreadWorkers> {
  if (!Number.isInteger(count) || count < 1) throw new UsageError('startThreadWorkers: count is 1 or more');
  if (!canBlock()) {
    throw new UsageError(
      'startThreadWorkers: this thread may not wait for others: only workers may, of pages that are isolated from other origins',
    );
  }
  try {
    return await ReadyWorkers.start(count, () => startWorker(entry));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ThreadsUnsupportedError(`workers for threads cannot be started: ${why}`, { cause });
  }
}

function startWorker(entry: FileName | undefined): Worker {
  // Bundlers look for an expression of this very form, and bring the file along.
  if (entry === undefined) return new Worker(new URL('../web/thread-main.js', import.meta.url), { type: 'module' });
  return new Worker(typeof entry === 'string' ? entry : entry.href, { type: 'module' });
}
