// Looks into a guest: every call that it makes, and which functions use its fuel. A profile by fuel is the same in each run.
//
//   node examples/profile.mjs
import { readFile } from 'node:fs/promises';
import { Runtime } from 'enclasm';
import { callLine, Profiler } from 'enclasm/debug';

const bytes = await readFile(new URL('../samples/primes.wasm', import.meta.url));

function run(observe, metered) {
  const runtime = Runtime.init();
  const module = runtime.load(bytes, { name: 'primes' });
  runtime.instantiate(module, { observe, metered, wasi: { args: ['primes', '100'], stdout: () => {} } }).executeMain();
  runtime.destroy();
}

run({ hostCall: (call) => console.log(callLine(call)) }, false);

const profiler = new Profiler('fuel');
run(profiler.observer, true);
const { profiles, shared } = JSON.parse(profiler.text('speedscope', 'primes'));
console.log(`${profiles[0].endValue} units of fuel in ${shared.frames.length} functions`);
