// Puts code that calls the global `WebAssembly` under limits, without a change in it: a package from npm, or this module, which never returns.
//
//   node examples/webassembly.mjs
import { LimitError } from 'enclasm';
import { enclasmOf, installWebAssembly } from 'enclasm/webassembly';

const undo = installWebAssembly({ limits: { fuel: 10_000_000 }, total: { memoryBytes: 64 << 20 } });

/** (module (memory 1) (func (export "spin") (loop (br 0))) (func (export "grow") (result i32) (memory.grow (i32.const 2000)))) */
const MODULE = Buffer.from(
  'AGFzbQEAAAABCAJgAABgAAF/AwMCAAEFAwEAAQcPAgRzcGluAAAEZ3JvdwABChECBwADQAwACwsHAEHQD0AACw==',
  'base64',
);
const { instance } = await WebAssembly.instantiate(MODULE);
console.log(instance.exports.grow()); // -1: there is less than 125 MiB for all
try {
  instance.exports.spin();
} catch (error) {
  console.log(error instanceof LimitError, error.limit); // true fuel
}
console.log(enclasmOf(WebAssembly).usage.memoryBytes); // 65536
undo();
