// Calls a plugin in a process of its own, with texts and JSON. A broken call costs the plugin its state, and nothing else.
//
//   node examples/plugin.mjs
import { createPlugin } from 'enclasm/plugin';

const plugin = await createPlugin(new URL('../samples/greet.wasm', import.meta.url), {
  enclave: { transport: 'process' },
  limits: { timeoutMs: 1_000, memoryBytes: 16 << 20 },
});
console.log((await plugin.call('greet', 'World')).text()); // Hello, World!
console.log((await plugin.call('count_vowels', 'education')).json()); // { count: 5, total: 5 }
try {
  await plugin.call('no_such_function', 'x');
} catch (error) {
  console.log(error.fault); // no-function
}
await plugin.close();
