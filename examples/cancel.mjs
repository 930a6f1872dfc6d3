// Ends one call of a guest that would run for ever, and goes on with another instance in the same enclave.
//
//   node examples/cancel.mjs
import { createEnclave } from 'enclasm/enclave';

/** (module (func (export "spin") (loop (br 0))) (func (export "one") (result i32) i32.const 1)) */
const GUEST = Buffer.from(
  '0061736d010000000108026000006000017f0303020001070e02047370696e0000036f6e6500010a0e02070003400c000b0b040041010b',
  'hex',
);

const enclave = await createEnclave({ transport: 'worker' });
await enclave.initRuntime();
const { module } = await enclave.loadModule({ bytes: GUEST });
const endless = await enclave.instantiateModule({ module });
const other = await enclave.instantiateModule({ module });

const stop = new AbortController();
setTimeout(() => stop.abort(new Error('the user left')), 100);
try {
  await enclave.execAppFunc({ instance: endless.instance, name: 'spin', argv: [] }, { signal: stop.signal });
} catch (error) {
  console.log(error.limit, '-', error.cause.message); // signal - the user left
}
const { results } = await enclave.execAppFunc({ instance: other.instance, name: 'one', argv: [] });
console.log(results); // [ '0x1:i32' ]
await enclave.close();
