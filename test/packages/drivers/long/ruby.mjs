// A program in Ruby: the packages @ruby/wasm-wasi and @ruby/3.4-wasm-wasi, 17 MB, as browsers run them: its WASI is a package in JavaScript.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { DefaultRubyVM } from '@ruby/wasm-wasi/dist/browser';

export const answer = { sum: '5050', text: 'a-b' };

export async function run() {
  const path = createRequire(import.meta.url).resolve('@ruby/3.4-wasm-wasi/dist/ruby.wasm');
  const { vm } = await DefaultRubyVM(await WebAssembly.compile(await readFile(path)));
  return { sum: vm.eval('(0..100).sum').toString(), text: vm.eval("['a', 'b'].join('-')").toString() };
}
