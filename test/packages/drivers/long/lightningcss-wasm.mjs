// A style sheet that the package lightningcss-wasm makes smaller.
import init, { transform } from 'lightningcss-wasm';

export const answer = '.a{color:red;inset:0}';

export async function run() {
  await init();
  const code = new TextEncoder().encode('.a { color: #ff0000; top: 0; right: 0; bottom: 0; left: 0 }');
  return new TextDecoder().decode(transform({ filename: 'a.css', code, minify: true }).code);
}
