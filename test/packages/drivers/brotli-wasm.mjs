// Compressing and decompressing with the package brotli-wasm, which wasm-bindgen made.
import { createRequire } from 'node:module';

const brotli = createRequire(import.meta.url)('brotli-wasm');

const text = 'the same text, '.repeat(100);

export const answer = { smaller: true, text };

export async function run() {
  const { compress, decompress } = await brotli;
  const packed = compress(new TextEncoder().encode(text));
  return { smaller: packed.length < 100, text: new TextDecoder().decode(decompress(packed)) };
}
