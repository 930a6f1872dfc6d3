// The main job, step by step: an embedder initialises a runtime inside an enclave, and a program compiled from C runs there, under limits. It uses
// the package's public API only, so that it is an example of it. --enclave same-thread|worker|process says where the enclave runs.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { INIT_STEPS } from '#src/entry/embed.js';
import { createEnclave, TRANSPORT_NAMES, type TransportName } from '#src/entry/enclave.js';
import { nodePlatform, VERSION } from '#src/entry/index.js';

const ROOT = new URL('../../', import.meta.url);
const PROGRAM = 'samples/demo.wasm';
const FOLDER = 'samples/data';
const POOL_BYTES = 4 * 1024 * 1024;
const MAX_THREADS = 4;
const LIMITS = { fuel: 100_000_000, timeoutMs: 10_000, memoryBytes: 2 * 1024 * 1024 };

/** WAMR's four steps, and what each consists of here. */
const PHASES: readonly (readonly [name: string, first: string, last: string])[] = [
  ['memory', 'memory', 'memory'],
  ['environment', 'platform', 'externref map'],
  ['natives', 'natives', 'natives'],
  ['thread limit', 'thread limit', 'thread limit'],
];

const bold = (text: string): string => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text: string): string => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);

function command(number: number, name: string, what = ''): void {
  console.log(`  ecall ${String(number).padStart(2)}  ${name.padEnd(20)} ${what}`.trimEnd());
}

const WHAT_IT_IS: Readonly<Record<TransportName, string>> = {
  'same-thread': 'the enclave is in this thread: its data are apart, its faults are not',
  worker: 'the enclave is a worker of its own',
  process: 'the enclave is a process of its own, which may read its code and nothing else',
};

/** Returns where the enclave runs; ends the process if the arguments are wrong. */
function chosenTransport(): TransportName {
  try {
    const { values } = parseArgs({ options: { enclave: { type: 'string', default: 'worker' } } });
    const chosen = TRANSPORT_NAMES.find((name) => name === values.enclave);
    if (chosen) return chosen;
  } catch {
    // The error is reported below.
  }
  console.error(`usage: npm start -- --enclave ${TRANSPORT_NAMES.join('|')}`);
  process.exit(2);
}

const transport = chosenTransport();
const steps: string[] = [];
const enclave = await createEnclave({
  transport,
  stdout: (bytes) => process.stdout.write(bytes),
  stderr: (bytes) => process.stderr.write(bytes),
  log: (level, text) => {
    const step = /^init: (.*)$/.exec(text)?.[1];
    if (step !== undefined) steps.push(step);
    else if (level !== 'verbose') console.error(`[${level}] ${text}`);
  },
  grants: [nodePlatform().directory(fileURLToPath(new URL(FOLDER, ROOT)))],
});

console.log(bold(`Enclasm ${VERSION}: a WebAssembly program inside an enclave`));
console.log(dim(`${WHAT_IT_IS[transport]}; only numbered commands and copies of bytes cross its boundary\n`));

console.log(bold('init_runtime'));
await enclave.initRuntime({
  options: { memAllocType: 'pool', heapSize: POOL_BYTES, maxThreadNum: MAX_THREADS, logLevel: 'verbose' },
});
command(0, 'INIT_RUNTIME', 'handle_cmd_init_runtime');
console.log('                                  wasm_runtime_full_init');
const settings: Readonly<Record<string, string>> = {
  memory: `a pool of ${POOL_BYTES / 1024 / 1024} MiB: nothing the guest does can take more`,
  'thread limit': `${MAX_THREADS} threads`,
};
PHASES.forEach(([name, first, last], i) => {
  const expected = INIT_STEPS.slice(INIT_STEPS.indexOf(first as never), INIT_STEPS.indexOf(last as never) + 1);
  const done = expected.filter((step) => steps.includes(step));
  const what = settings[name] ?? (done.length > 1 ? done.join(', ') : 'none of the embedder');
  console.log(
    `                                    ${i + 1} ${name.padEnd(13)} ${done.length === expected.length ? 'ok' : 'FAILED'}  ${what}`,
  );
});
await enclave.setLogLevel({ level: 'warning' });

console.log(bold('\nload and instantiate'));
const bytes = readFileSync(new URL(PROGRAM, ROOT));
const { module } = await enclave.loadModule({ bytes, name: PROGRAM });
command(1, 'LOAD_MODULE', `${PROGRAM}, ${bytes.length} bytes: decoded and validated`);
await enclave.setWasiArgs({
  module,
  options: {
    args: [PROGRAM],
    preopens: [{ guestPath: '/data', grant: 0, readOnly: true }],
    stdout: 'host',
    stderr: 'host',
  },
});
command(12, 'SET_WASI_ARGS', `${FOLDER} as /data, for reading only; no environment, no other files, no network`);
const { instance, mode } = await enclave.instantiateModule({ module, options: { limits: LIMITS, metered: true } });
const limits = `${LIMITS.fuel.toLocaleString('en')} instructions, ${LIMITS.timeoutMs / 1000} s, ${LIMITS.memoryBytes / 1024 / 1024} MiB`;
command(2, 'INSTANTIATE_MODULE', `mode ${mode}; limits: ${limits}`);

console.log(bold('\nthe program'));
const { exitCode, usage } = await enclave.execAppMain({ instance, argv: [PROGRAM] });
command(7, 'EXEC_APP_MAIN', `exit code ${exitCode}`);

console.log(bold('\nwhat it used'));
const { info } = await enclave.getMemAllocInfo();
const row = (name: string, value: string): void => console.log(`  ${name.padEnd(14)}${value}`);
row('instructions', usage?.fuel?.toLocaleString('en') ?? 'not counted');
row('time', `${usage?.wallMs.toFixed(1)} ms`);
row('memory', `${usage?.peakMemoryBytes.toLocaleString('en')} bytes at most`);
row('host calls', String(usage?.hostCalls));
row('read', `${usage?.bytesRead.toLocaleString('en')} bytes`);
row('written', `${usage?.bytesWritten.toLocaleString('en')} bytes`);
if (info) row('pool', `${info.highmark.toLocaleString('en')} of ${info.total.toLocaleString('en')} bytes at most`);

console.log(bold('\nthe end'));
await enclave.deinstantiateModule({ instance });
command(9, 'DEINSTANTIATE_MODULE');
await enclave.unloadModule({ module });
command(10, 'UNLOAD_MODULE');
const { report } = await enclave.destroyRuntime();
command(
  11,
  'DESTROY_RUNTIME',
  `${report.instances} instances, ${report.modules} modules and ${report.leakedBytes} bytes were left over`,
);
await enclave.close();
console.log(dim('\nNext: npm start -- help      npm start -- run --dir . samples/wc.wasm samples/data/poem.txt'));
process.exitCode = exitCode;
