// Workers of a browser for threads of guests, with workers of the test's own in place of a browser's: where one cannot be started, none is left.
import { afterEach, expect, it, vi } from 'vitest';
import { startThreadWorkers } from '#src/entry/web-threads.js';
import { ThreadsUnsupportedError } from '#src/runtime/exec-env.js';

type How = 'comes up' | 'fails' | 'is refused' | 'is silent';

/** The workers that were started, and whether each was ended. */
function stubWorkers(...hows: How[]) {
  const workers: { ended: boolean }[] = [];
  class TestWorker {
    onmessage: (() => void) | undefined;
    onerror: ((event: { message: string }) => void) | undefined;
    ended = false;
    readonly #how = hows[workers.length];
    constructor() {
      if (this.#how === 'is refused') throw new DOMException('not by this policy', 'SecurityError');
      workers.push(this);
    }
    postMessage(): void {
      if (this.#how === 'comes up') queueMicrotask(() => this.onmessage!());
      if (this.#how === 'fails') setTimeout(() => this.onerror!({ message: 'no such file' }));
    }
    terminate(): void {
      this.ended = true;
    }
  }
  vi.stubGlobal('Worker', TestWorker);
  return workers;
}
afterEach(() => void vi.unstubAllGlobals());

it('stand ready, and come back when they are idle', async () => {
  const started = stubWorkers('comes up', 'comes up');
  const workers = await startThreadWorkers(2);
  const threads = [workers.take(() => {}), workers.take(() => {})];
  expect(() => workers.take(() => {})).toThrow('so many workers stand ready');
  threads[0]!.end(true);
  expect(workers.take(() => {}).died).toBe(false);
  expect(started.map(({ ended }) => ended)).toEqual([false, false]);
});

it.each<[text: string, hows: How[]]>([
  ['no such file', ['comes up', 'fails', 'is silent']],
  ['not by this policy', ['comes up', 'is silent', 'is refused']],
])('are all ended where one cannot be started: %s', async (text, hows) => {
  const started = stubWorkers(...hows);
  const error = await startThreadWorkers(3).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ThreadsUnsupportedError);
  expect(error).toMatchObject({ message: `workers for threads cannot be started: ${text}` });
  expect(started.map(({ ended }) => ended)).toEqual(started.map(() => true));
});

it('are refused at once where the number is none', async () => {
  const started = stubWorkers();
  await expect(startThreadWorkers(0)).rejects.toThrow('count is 1 or more');
  expect(started).toHaveLength(0);
});
