// Gives a WASI program files: a folder of this machine that it can only read, and one in memory that it can fill. It sees nothing else.
//
//   node examples/files.mjs
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Runtime } from 'enclasm';
import { MemoryFileSystem, OutputSink } from 'enclasm/libraries';

const samples = new URL('../samples/', import.meta.url);
const runtime = Runtime.init();
const wordCount = runtime.load(await readFile(new URL('wc.wasm', samples)));

function run(...args) {
  const [stdout, stderr] = [new OutputSink(), new OutputSink()];
  const instance = runtime.instantiate(wordCount, {
    wasi: {
      args: ['wc', ...args],
      preopens: {
        '/data': { path: fileURLToPath(new URL('data', samples)), readOnly: true },
        '/notes': new MemoryFileSystem({ 'today.txt': 'one note\n' }),
      },
      stdout,
      stderr,
    },
  });
  const exitCode = instance.executeMain();
  instance.deinstantiate();
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

console.log(run('/data/poem.txt', '/notes/today.txt'));
console.log(run('/etc/passwd')); // Capabilities insufficient
console.log(run('/data/../../package.json')); // the same
runtime.destroy();
