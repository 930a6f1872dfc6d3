// Tokens of the package tiktoken, which wasm-bindgen made.
import { get_encoding } from 'tiktoken';

export const answer = { tokens: [15339, 1917, 0], text: 'hello world!' };

export async function run() {
  const encoding = get_encoding('cl100k_base');
  const tokens = encoding.encode('hello world!');
  const text = new TextDecoder().decode(encoding.decode(tokens));
  encoding.free();
  return { tokens: [...tokens], text };
}
