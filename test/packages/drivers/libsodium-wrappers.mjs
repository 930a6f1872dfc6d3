// A hash and a sealed message of the package libsodium-wrappers.
import { createRequire } from 'node:module';

const sodium = createRequire(import.meta.url)('libsodium-wrappers');

export const answer = { hash: 'bddd813c634239723171ef3fee98579b', message: 'attack at dawn' };

export async function run() {
  await sodium.ready;
  const key = new Uint8Array(sodium.crypto_secretbox_KEYBYTES).fill(1);
  const nonce = new Uint8Array(sodium.crypto_secretbox_NONCEBYTES).fill(2);
  const sealed = sodium.crypto_secretbox_easy('attack at dawn', nonce, key);
  return {
    hash: sodium.to_hex(sodium.crypto_generichash(32, sodium.from_string('abc'))).slice(0, 32),
    message: sodium.to_string(sodium.crypto_secretbox_open_easy(sealed, nonce, key)),
  };
}
