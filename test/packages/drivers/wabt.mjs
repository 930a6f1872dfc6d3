// A module that the package wabt assembles, and which then runs.
import wabt from 'wabt';

export const answer = { bytes: 41, sum: 5 };

const text = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))';

export async function run() {
  const module = (await wabt()).parseWat('add.wat', text);
  const { buffer } = module.toBinary({});
  const { instance } = await WebAssembly.instantiate(buffer);
  return { bytes: buffer.length, sum: instance.exports.add(2, 3) };
}
