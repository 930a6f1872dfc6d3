// What a host with Node's modules is asked, one check in each process: `HOST checks.mjs NAME FOLDER`, where FOLDER is this project's. It stands where a
// user's program does, with the package in node_modules beside it and demo.wasm, the module of test/enclave/support.ts. The last line that it prints is
// what the check came to, as JSON: null, or the error.
import { ok, deepStrictEqual as same } from 'node:assert';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LimitError, nodePlatform, Runtime, Trap } from 'enclasm';
import { aotEngine, compileToModule, loadAot } from 'enclasm/aot';
import { decode, validate } from 'enclasm/binary';
import { createEnclave, createEnclavePool } from 'enclasm/enclave';
import { OutputSink, wasi } from 'enclasm/libraries';
import { createPlugin } from 'enclasm/plugin';

const [name, root] = process.argv.slice(2);
const file = (...path) => readFileSync(join(root, ...path));
const demo = readFileSync(fileURLToPath(new URL('demo.wasm', import.meta.url)));
const PRIMES = '25 primes up to 100, the last is 97\n';
const NATIVES = [
  { symbol: 'host_add', signature: '(ii)i', func: (_, a, b) => a + b },
  { symbol: 'host_fill', signature: '(*~)', func: (_, bytes) => void bytes.fill(7) },
  { symbol: 'host_say', signature: '($)', func: () => {} },
  { symbol: 'host_keep', signature: '(r)r', func: (_, value) => value },
];

async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-host-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
function limitOf(error) {
  ok(error instanceof LimitError, String(error));
  return error.limit;
}

/** A program with its output, natives, a trap, and limits of instructions, time and memory, in one mode. */
async function guests(mode) {
  const runtime = Runtime.init({ runningMode: mode, logLevel: 'error' });
  const stdout = new OutputSink();
  const program = runtime.instantiate(runtime.load(file('samples/primes.wasm')), {
    metered: true,
    wasi: { args: ['primes', '100'], stdout },
  });
  same([program.mode, program.executeMain(), stdout.text], [mode, 0, PRIMES]);
  const options = { natives: { env: NATIVES }, limits: { fuel: 10_000_000, memoryBytes: 3 << 16 } };
  const { exports } = runtime.instantiate(runtime.load(demo), options);
  same([exports.call_add(20, 22), exports.add64(1n << 62n, 1n << 62n)], [42, -(1n << 63n)]);
  exports.call_fill(100, 3);
  same([exports.peek(102), exports.peek(103)], [7, 0]);
  ok((await thrown(() => exports.trap())) instanceof Trap);
  same(limitOf(await thrown(() => exports.spin())), 'fuel');
  same([exports.grow(2), exports.grow(1)], [1, -1]);
  const timed = runtime.instantiate(runtime.load(demo), { natives: { env: NATIVES }, limits: { timeoutMs: 100 } });
  same(limitOf(await thrown(() => timed.exports.spin())), 'timeoutMs');
  same(runtime.destroy().leaks.blocks, 0);
}

async function compiledAheadOfTime() {
  const path = join(mkdtempSync(join(tmpdir(), 'enclasm-host-')), 'primes.mjs');
  writeFileSync(path, compileToModule(validate(decode(file('samples/primes.wasm')))));
  const compiled = loadAot(await import(pathToFileURL(path)));
  const runtime = Runtime.init({}, { platform: nodePlatform(), engines: [aotEngine([compiled])], libraries: [wasi] });
  const stdout = new OutputSink();
  const instance = runtime.instantiate(runtime.load(compiled.wasm), { wasi: { args: ['primes', '100'], stdout } });
  same([instance.mode, instance.executeMain(), stdout.text], ['aot', 0, PRIMES]);
}

/** A program of test/wasi/c in a directory of the operating system. */
function wasiProgram(runtime, program, folder) {
  const wanted = JSON.parse(file('test/wasi/c', `${program}.json`));
  const preopens = {};
  for (const one of wanted.dirs ?? []) {
    mkdirSync(join(folder, one), { recursive: true });
    preopens[`/${one}`] = join(folder, one);
  }
  for (const one of wanted.folders ?? []) mkdirSync(join(folder, one));
  for (const [link, to] of Object.entries(wanted.links ?? {})) symlinkSync(to, join(folder, link));
  const [stdout, stderr] = [new OutputSink(), new OutputSink()];
  const instance = runtime.instantiate(runtime.load(file('test/wasi/c', `${program}.wasm`)), {
    wasi: {
      args: [program, ...(wanted.args ?? [])],
      env: wanted.env ?? {},
      preopens,
      stdin: { text: wanted.stdin ?? '' },
      stdout,
      stderr,
    },
  });
  try {
    same([instance.executeMain(), stdout.text], [wanted.exit, wanted.stdout ?? ''], `${program}: ${stderr.text}`);
  } catch (error) {
    if (!(error instanceof Trap) || error.message !== wanted.trap) throw error;
  }
  instance.deinstantiate();
}
function files() {
  const runtime = Runtime.init({ logLevel: 'error' });
  const programs = readdirSync(join(root, 'test/wasi/c')).filter((one) => one.endsWith('.json'));
  ok(programs.length > 50);
  const failures = [];
  for (const one of programs) {
    try {
      inFolder((folder) => wasiProgram(runtime, one.slice(0, -'.json'.length), folder));
    } catch (error) {
      failures.push(`${one}: ${error.message}`);
    }
  }
  same(failures, []);
  runtime.destroy();
}

/** Commands there and back, output, natives that the guest waits for, an aborted call beside one that lives, the ends of the limits. */
async function enclave(transport) {
  const stdout = new OutputSink();
  const one = await createEnclave({ transport, stdout: (bytes) => void stdout.write(bytes) });
  try {
    const natives = NATIVES.map((row) => ({ ...row, async: row.symbol === 'host_add', func: row.func }));
    await one.initRuntime({
      options: { memAllocType: 'pool', heapSize: 16 << 20, natives: [one.natives('env', natives)] },
    });
    const program = await one.loadModule({ bytes: file('samples/primes.wasm') });
    await one.setWasiArgs({ module: program.module, options: { args: ['primes', '100'], stdout: 'host' } });
    const started = await one.instantiateModule({ module: program.module });
    same((await one.execAppMain({ instance: started.instance, argv: ['primes', '100'] })).exitCode, 0);
    same(stdout.text, PRIMES);
    const { module } = await one.loadModule({ bytes: demo });
    const endless = (await one.instantiateModule({ module })).instance;
    const other = (await one.instantiateModule({ module })).instance;
    const call = (instance, func, ...argv) => one.execAppFunc({ instance, name: func, argv });
    same((await call(other, 'call_add', '20', '22')).results, ['0x2a:i32']);
    const signal = AbortSignal.timeout(100);
    same(
      limitOf(await thrown(() => one.execAppFunc({ instance: endless, name: 'spin', argv: [] }, { signal }))),
      'signal',
    );
    same((await call(other, 'add', '2', '3')).results, ['0x5:i32']);
    // The guest's own deadline is the nearer one by far, so that the answer is not late on a busy machine.
    const limits = { timeoutMs: 200 };
    const late = one.execAppFunc({ instance: endless, name: 'spin', argv: [], limits }, { timeoutMs: 20_000 });
    same(limitOf(await thrown(() => late)), 'timeoutMs');
    await one.destroyRuntime();
  } finally {
    await one.close();
  }
}

/** Requests of several tenants, with streams, each in a fresh instance. */
async function pool(transport) {
  const enclaves = createEnclavePool({ size: 1, enclave: { transport } });
  const sort = enclaves.program(file('samples/sort.wasm'));
  const answer = async (tenant, stdin) => {
    const { exitCode, stdout } = await enclaves.run(tenant, { module: sort, args: ['sort'], stdin });
    return [exitCode, Buffer.from(stdout).toString()];
  };
  same(await Promise.all([answer('ann', 'b\na\n'), answer('bob', Readable.from([Buffer.from('2\n1\n')]))]), [
    [0, 'a\nb\n'],
    [0, '1\n2\n'],
  ]);
  await enclaves.close();
}

async function plugins() {
  for (const place of [undefined, 'worker']) {
    const plugin = await createPlugin(join(root, 'samples/greet.wasm'), {
      enclave: place,
      limits: { timeoutMs: 10_000 },
    });
    same((await plugin.call('greet', 'host')).text(), 'Hello, host!');
    same((await plugin.call('count_vowels', 'education')).json(), { count: 5, total: 5 });
    await plugin.close();
  }
}

/** Threads in turn: of one seed there is one run, on every host. */
function threads() {
  const runs = JSON.parse(file('test/hosts/schedules.json'));
  for (const { file: program, args, seed, ...wanted } of runs) {
    const runtime = Runtime.init({ logLevel: 'error' });
    const instance = runtime.instantiate(runtime.load(file(program)), {
      seed,
      wasi: { args: [program, ...args], stdout: 'ignore' },
    });
    let end;
    try {
      end = instance.executeMain();
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      end = error.message;
    }
    same({ end, schedule: instance.usage.schedule, fuel: instance.usage.fuel }, wanted);
    runtime.destroy();
  }
}

/** Threads in workers, in the modes that the host has: the outputs are those of threads in turn. */
async function parallel() {
  const programs = [
    ['samples/threads/primes.wasm', ['primes', '20000', '2'], '2262 primes below 20000\n'],
    ['test/threads/lib-pthread/market.wasm', ['market'], file('test/threads/lib-pthread/market.txt').toString()],
  ];
  const lines = (text) => text.split('\n').sort();
  const runtime = Runtime.init({ logLevel: 'error' });
  for (const [program, args, wanted] of programs) {
    const module = runtime.load(file(program));
    for (const [mode, awaited] of [
      ['auto', false],
      ['jit', true],
    ]) {
      const stdout = new OutputSink();
      const instance = runtime.instantiate(module, {
        ...{ mode, threads: 'parallel', heapSize: 4096, wasi: { args, stdout }, limits: { timeoutMs: 60_000 } },
      });
      const end = awaited ? await instance.executeMainAsync() : instance.executeMain();
      same([instance.threads, end, lines(stdout.text)], ['parallel', 0, lines(wanted)]);
      instance.deinstantiate();
    }
  }
  same(runtime.destroy().threads ?? 0, 0);
}

/** A guest that waits for a promise, on this thread. */
async function asyncNatives() {
  const runtime = Runtime.init({ logLevel: 'error' });
  const later = async (_, a, b) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return a + b;
  };
  const natives = { env: [{ ...NATIVES[0], async: true, func: later }, ...NATIVES.slice(1)] };
  const instance = runtime.instantiate(runtime.load(demo), { natives });
  same(await instance.lookupFunction('call_add').callAsync([20, 22]), [42]);
  const signal = AbortSignal.timeout(50);
  same(limitOf(await thrown(() => instance.lookupFunction('spin').callAsync([], { signal }))), 'signal');
  runtime.destroy();
}

/** Calls that wait in mode host, case by case. */
async function waiting() {
  const { runWaitingCases } = await import(pathToFileURL(join(root, 'build/test/modes/waiting-cases.js')));
  const [guest, caller] = ['guest', 'caller'].map((one) =>
    readFileSync(fileURLToPath(new URL(`waiting-${one}.wasm`, import.meta.url))),
  );
  same(await runWaitingCases({ mode: 'host', Runtime, modules: { guest, caller } }), []);
}

const CHECKS = {
  interp: () => guests('interp'),
  jit: () => guests('jit'),
  host: () => guests('host'),
  aot: compiledAheadOfTime,
  async: asyncNatives,
  waiting,
  threads,
  parallel,
  files,
  worker: () => enclave('worker'),
  process: () => enclave('process'),
  requests: () => pool('worker'),
  plugin: plugins,
};

let failure = null;
try {
  await CHECKS[name]();
} catch (error) {
  failure = { name: error.name, message: String(error.message), failure: error.failure, stack: error.stack };
}
process.stdout.write(`\n${JSON.stringify(failure)}\n`, () => process.exit(0));
