// A class that the package @swc/wasm lowers: 18 MB of WebAssembly.
import { createRequire } from 'node:module';

const swc = createRequire(import.meta.url)('@swc/wasm');

export const answer = 'var f=function f(a){return a+1};\n';

export async function run() {
  const options = { jsc: { target: 'es5', minify: { compress: false, mangle: false } }, isModule: false, minify: true };
  return `${swc.transformSync('const f = (a) => a + 1;', options).code.trim()}\n`;
}
