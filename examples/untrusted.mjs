// Runs programs that somebody else wrote, here in the Lisp of samples/, under limits: the same program ends in the same way on every machine.
//
//   node examples/untrusted.mjs
import { readFile } from 'node:fs/promises';
import { LimitError, Runtime } from 'enclasm';
import { OutputSink } from 'enclasm/libraries';

const runtime = Runtime.init();
const lisp = runtime.load(await readFile(new URL('../samples/lisp.wasm', import.meta.url)));

function evaluate(text) {
  const stdout = new OutputSink(10_000);
  const instance = runtime.instantiate(lisp, {
    deterministic: true,
    limits: { fuel: 200_000_000, memoryBytes: 32 << 20 },
    wasi: { args: ['lisp'], stdin: { text }, stdout, stderr: stdout },
  });
  try {
    const exitCode = instance.executeMain();
    return { exitCode, output: stdout.text, fuel: instance.usage.fuel };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    return { stopped: error.limit, output: stdout.text };
  } finally {
    instance.deinstantiate();
  }
}

console.log(evaluate('(define square (lambda (n) (* n n))) (print (square 12))')); // output: '144\n'
console.log(evaluate('(define forever (lambda (n) (forever (+ n 1)))) (forever 0)')); // stopped: 'fuel'
runtime.destroy();
