// The other end of the least that two threads can do: wait for a counter, copy words in, copy them out, set a counter. Never ends by itself.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

/** Words of 32 bits. */
interface Layout {
  readonly answered: number;
  readonly there: number;
  readonly back: number;
}

/** Sixteen words; without a loop, which would cost more than the words. */
export function copy16(target: Int32Array, at: number, source: Int32Array, from: number): void {
  target[at] = source[from]!;
  target[at + 1] = source[from + 1]!;
  target[at + 2] = source[from + 2]!;
  target[at + 3] = source[from + 3]!;
  target[at + 4] = source[from + 4]!;
  target[at + 5] = source[from + 5]!;
  target[at + 6] = source[from + 6]!;
  target[at + 7] = source[from + 7]!;
  target[at + 8] = source[from + 8]!;
  target[at + 9] = source[from + 9]!;
  target[at + 10] = source[from + 10]!;
  target[at + 11] = source[from + 11]!;
  target[at + 12] = source[from + 12]!;
  target[at + 13] = source[from + 13]!;
  target[at + 14] = source[from + 14]!;
  target[at + 15] = source[from + 15]!;
}

function serve(words: Int32Array, { answered, there, back }: Layout): never {
  const mine = new Int32Array(16);
  for (let sequence = 1; ; sequence++) {
    while (Atomics.load(words, 0) !== sequence);
    copy16(mine, 0, words, there);
    copy16(words, back, mine, 0);
    Atomics.store(words, answered, sequence);
  }
}

if (!isMainThread) {
  parentPort!.postMessage('ready');
  const { words, layout } = workerData as { words: Int32Array; layout: Layout };
  serve(words, layout);
}
