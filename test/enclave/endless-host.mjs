// A host that leaves an endless guest running in a process enclave, without any limit: orphan.test.ts kills it. Writes a line when the guest runs.
import { createEnclave } from 'enclasm/enclave';

const ENDLESS = 'AGFzbQEAAAABBAFgAAADAgEABwgBBHNwaW4AAAoJAQcAA0AMAAsL';

const enclave = await createEnclave({ transport: 'process' });
await enclave.initRuntime({ options: {} });
const { module } = await enclave.loadModule({ bytes: new Uint8Array(Buffer.from(ENDLESS, 'base64')) });
const { instance } = await enclave.instantiateModule({ module });
enclave.execAppFunc({ instance, name: 'spin', argv: [] }).catch(() => {});
setTimeout(() => console.log('running'), 300);
