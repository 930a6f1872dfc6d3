// A bundle that the package @rollup/wasm-node makes: its parser is WebAssembly.
import { rollup } from '@rollup/wasm-node';

export const answer = 'const a = 41;\n\nconst b = a + 1;\n\nexport { b };\n';

const files = {
  a: 'export const a = 41; export const unused = 1;',
  b: "import { a } from 'a'; export const b = a + 1;",
};

export async function run() {
  const bundle = await rollup({
    input: 'b',
    plugins: [{ name: 'files', resolveId: (id) => id, load: (id) => files[id] }],
  });
  const { output } = await bundle.generate({ format: 'es' });
  return output[0].code;
}
