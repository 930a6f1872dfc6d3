// 32-bit and 64-bit hashes of the package xxhash-wasm.
import load from 'xxhash-wasm';

export const answer = { h32: '32d153ff', h64: '44bc2cf5ad770999' };

export async function run() {
  const { h32ToString, h64ToString } = await load();
  return { h32: h32ToString('abc'), h64: h64ToString('abc') };
}
