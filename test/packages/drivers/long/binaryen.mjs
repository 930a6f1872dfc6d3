// A module that the package binaryen optimises.
import binaryen from 'binaryen';

export const answer = { valid: true, value: 42 };

export async function run() {
  const module = binaryen.parseText('(module (func (export "f") (result i32) (i32.add (i32.const 40) (i32.const 2))))');
  module.optimize();
  const valid = module.validate() === 1 || module.validate() === true;
  const { instance } = await WebAssembly.instantiate(module.emitBinary());
  return { valid, value: instance.exports.f() };
}
