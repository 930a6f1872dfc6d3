// SHA-256, BLAKE3 and Argon2 of the package hash-wasm.
import { argon2id, blake3, sha256 } from 'hash-wasm';

export const answer = {
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  blake3: '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
  argon2: 32,
};

export async function run() {
  const password = {
    password: 'pass',
    salt: 'saltsaltsalt',
    parallelism: 1,
    iterations: 1,
    memorySize: 16,
    hashLength: 16,
  };
  return {
    sha256: await sha256('abc'),
    blake3: await blake3('abc'),
    argon2: (await argon2id({ ...password, outputType: 'hex' })).length,
  };
}
