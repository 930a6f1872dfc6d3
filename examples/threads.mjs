// Runs a program whose threads deadlock in some orders, and finds such an order: a seed, which repeats the run on every host.
//
//   node examples/threads.mjs
import { readFile } from 'node:fs/promises';
import { Runtime, Trap } from 'enclasm';

const runtime = Runtime.init();
const module = runtime.load(await readFile(new URL('../samples/threads/dining.wasm', import.meta.url)));

function outcome(seed) {
  const instance = runtime.instantiate(module, { seed, wasi: { args: ['dining'], stdout: 'ignore' } });
  try {
    return { end: `exit code ${instance.executeMain()}`, schedule: instance.usage.schedule };
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    return { end: error.message, schedule: instance.usage.schedule };
  } finally {
    instance.deinstantiate();
  }
}

let seed = 1;
while (!outcome(seed).end.startsWith('all threads wait')) seed++;
console.log(seed, outcome(seed)); // 7 and which thread waits where
const [once, again] = [outcome(seed), outcome(seed)];
console.log(once.schedule === again.schedule); // true: the same run
runtime.destroy();
