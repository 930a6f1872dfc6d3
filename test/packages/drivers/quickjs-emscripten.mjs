// A program in the package quickjs-emscripten: another JavaScript engine.
import { getQuickJS } from 'quickjs-emscripten';

export const answer = { sum: 5050, fromHost: 42 };

export async function run() {
  const vm = (await getQuickJS()).newContext();
  const host = vm.newFunction('host', (value) => vm.newNumber(vm.getNumber(value) * 2));
  vm.setProp(vm.global, 'host', host);
  host.dispose();
  const evaluate = (code) => vm.unwrapResult(vm.evalCode(code)).consume((value) => vm.getNumber(value));
  const result = {
    sum: evaluate('let s = 0; for (let i = 1; i <= 100; i++) s += i; s'),
    fromHost: evaluate('host(21)'),
  };
  vm.dispose();
  return result;
}
