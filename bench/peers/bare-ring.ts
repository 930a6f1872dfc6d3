// The other end of the least that two threads can do: wait for a counter, copy words in, copy them out, set a counter. Never ends by itself.
import { parentPort, workerData } from 'node:worker_threads';

interface Layout {
  readonly words: number;
  readonly answered: number;
  readonly there: number;
  readonly back: number;
}

function serve(words: Int32Array, { words: count, answered, there, back }: Layout): never {
  const mine = new Int32Array(count);
  for (let sequence = 1; ; sequence++) {
    while (Atomics.load(words, 0) !== sequence);
    for (let k = 0; k < count; k++) mine[k] = words[there + k]!;
    for (let k = 0; k < count; k++) words[back + k] = mine[k]!;
    Atomics.store(words, answered, sequence);
  }
}

parentPort!.postMessage('ready');
const { words, layout } = workerData as { words: Int32Array; layout: Layout };
serve(words, layout);
