// Runs a program in an enclave: a worker, or a process with no rights but to read its own code. The program is the same, and so are its results.
//
//   node examples/enclave.mjs
import { readFile } from 'node:fs/promises';
import { createEnclave } from 'enclasm/enclave';

const bytes = await readFile(new URL('../samples/primes.wasm', import.meta.url));

for (const transport of ['worker', 'process']) {
  const enclave = await createEnclave({ transport, stdout: (chunk) => process.stdout.write(chunk) });
  await enclave.initRuntime({ options: { memAllocType: 'pool', heapSize: 16 << 20 } });
  const { module } = await enclave.loadModule({ bytes });
  await enclave.setWasiArgs({ module, options: { args: ['primes', '100'], stdout: 'host' } });
  const limits = { fuel: 10_000_000 };
  const { instance } = await enclave.instantiateModule({ module, options: { limits } });
  const { exitCode, usage } = await enclave.execAppMain({ instance, argv: ['primes', '100'] }, { timeoutMs: 10_000 });
  console.log(transport, { exitCode, fuel: usage.fuel });
  await enclave.close();
}
