// What the tests run inside a browser, on a page or in a worker: each program answers with plain data. `here` is the URL of the kind of page.
const here = new URL('..', import.meta.url);
const enclasm = await import(new URL('dist/web/enclasm.js', here));
const { createEnclave, createPlugin, createWebAssembly, MemoryFileSystem, Runtime } = enclasm;

const bytesOf = async (path) => new Uint8Array(await (await fetch(new URL(path, here))).arrayBuffer());
const text = (chunks) => new TextDecoder().decode(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
const failure = (error) => ({ error: error.name, message: error.message, failure: error.failure, limit: error.limit });

/** The functions that the module of `guests/demo.wasm` imports. */
const NATIVES = {
  host_add: ['(ii)i', async (_, a, b) => a + b, true],
  host_fill: ['(*~)', () => {}],
  host_say: ['($)', () => {}],
};

const AOT_PRIMES = new URL('guests/primes-with-threads.js', here).href;

/** Starts an enclave with its runtime. */
async function enclaveOf(options = {}) {
  const enclave = await createEnclave({ transport: 'worker', ...options });
  const symbols = Object.entries(NATIVES).map(([symbol, [signature, func, isAsync]]) => ({
    symbol,
    signature,
    func,
    async: isAsync,
  }));
  await enclave.initRuntime({
    options: { memAllocType: 'pool', heapSize: 8 << 20, natives: [enclave.natives('env', symbols)] },
  });
  return enclave;
}
/** An instance of the demo module, by what it is called with. */
async function demoOf(enclave, bytes, mode) {
  const { module } = await enclave.loadModule({ bytes: bytes ?? (await bytesOf('guests/demo.wasm')) });
  const { instance } = await enclave.instantiateModule({ module, options: { mode } });
  const { execEnv } = await enclave.createExecEnv({ instance });
  const call = async (name, values, how) => {
    const { function: found } = await enclave.lookupFunction({ instance, name });
    return (await enclave.callWasm({ execEnv, function: found, values }, how)).values;
  };
  return { instance, call };
}

const programs = {
  environment: async () => ({
    shared: typeof SharedArrayBuffer,
    document: typeof document,
    // Entries of Node's have no place here.
    process: typeof process,
  }),
  /** A WASI program on this thread: arguments, a file, output, in each mode that works here. */
  async runtime(mode) {
    const runtime = Runtime.init(mode === 'auto' ? {} : { runningMode: mode });
    try {
      const out = [];
      const files = new MemoryFileSystem({ 'poem.txt': 'one\ntwo three\n' });
      const instance = runtime.instantiate(runtime.load(await bytesOf('samples/wc.wasm')), {
        limits: { fuel: 50_000_000 },
        wasi: {
          args: ['wc', '/data/poem.txt'],
          preopens: { '/data': files },
          stdout: (chunk) => void out.push(chunk.slice()),
        },
      });
      const code = instance.executeMain();
      return { code, mode: instance.mode, out: text(out), fuel: instance.usage.fuel };
    } catch (error) {
      return failure(error);
    } finally {
      runtime.destroy();
    }
  },
  async runaway(mode) {
    const runtime = Runtime.init({ runningMode: mode });
    try {
      const instance = runtime.instantiate(runtime.load(await bytesOf('guests/demo.wasm')), {
        limits: { fuel: 1_000_000 },
      });
      instance.exports.spin();
    } catch (error) {
      return failure(error);
    } finally {
      runtime.destroy();
    }
  },
  /** A program in an enclave: arguments in, output back. */
  async enclave(options) {
    const out = [];
    const enclave = await enclaveOf({ ...options, stdout: (chunk) => void out.push(chunk.slice()) });
    try {
      const { module } = await enclave.loadModule({ bytes: await bytesOf('samples/primes.wasm') });
      await enclave.setWasiArgs({ module, options: { args: ['primes', '100'], stdout: 'host' } });
      const { instance } = await enclave.instantiateModule({ module });
      await enclave.execAppMain({ instance, argv: ['primes', '100'] });
      return { out: text(out), ping: (await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).d };
    } finally {
      await enclave.close();
    }
  },
  /** A module of three megabytes over, a megabyte of memory back. */
  async bigPackets(options) {
    const enclave = await enclaveOf(options);
    try {
      const demo = await bytesOf('guests/demo.wasm');
      // A custom section makes it large.
      const size = 3_000_000;
      const head = [0, ...leb(size), 0];
      const bytes = new Uint8Array(demo.length + head.length + size - 1);
      bytes.set(demo);
      bytes.set(head, demo.length);
      const { instance, call } = await demoOf(enclave, bytes);
      await call('grow', [15]);
      const { bytes: read } = await enclave.readMemory({ instance, address: 0, length: 1_000_000 });
      return { length: read.length, hello: text([read.slice(64, 69)]) };
    } finally {
      await enclave.close();
    }
  },
  /** The guest calls a function of this thread and waits for it. */
  async native(options, mode) {
    const enclave = await enclaveOf(options);
    try {
      const { call } = await demoOf(enclave, undefined, mode);
      return await call('call_add', [20, 22]).catch(failure);
    } finally {
      await enclave.close();
    }
  },
  /** A call that is aborted, and then one of another instance of the same enclave. */
  async abort(options, mode) {
    const enclave = await enclaveOf(options);
    try {
      const one = await demoOf(enclave, undefined, mode);
      const other = await demoOf(enclave, undefined, mode);
      const stop = new AbortController();
      const running = one.call('spin', [], { signal: stop.signal });
      setTimeout(() => stop.abort(), 50);
      return { ended: await running.catch(failure), other: await other.call('add', [2, 3]).catch(failure) };
    } finally {
      await enclave.close();
    }
  },
  /** Calls without awaiting, which a worker of an isolated page may make. */
  async sync() {
    const enclave = await enclaveOf();
    try {
      return { ping: enclave.sync.ping({ a: 1, b: 2, c: 3, d: 4 }).d };
    } catch (error) {
      return failure(error);
    } finally {
      await enclave.close();
    }
  },
  async plugin(enclave) {
    const plugin = await createPlugin(new URL('samples/greet.wasm', here), { enclave });
    try {
      return (await plugin.call('greet', 'browser')).text();
    } catch (error) {
      return failure(error);
    } finally {
      await plugin.close();
    }
  },
  async webAssembly() {
    const own = createWebAssembly({ limits: { fuel: 1_000_000 } });
    const { instance } = await own.instantiate(await bytesOf('guests/demo.wasm'), {
      env: { host_add: (a, b) => a + b, host_fill() {}, host_say() {}, host_keep: (value) => value },
    });
    try {
      instance.exports.spin();
    } catch (error) {
      return { sum: instance.exports.call_add(20, 22), ...failure(error) };
    }
  },
  /** Threads in turn without a seed, while the page goes on. */
  async threadsAwaited() {
    const runtime = Runtime.init({ logLevel: 'error' });
    const module = runtime.load(await bytesOf('project/samples/threads/primes.wasm'));
    const out = [];
    const stdout = (chunk) => void out.push(chunk.slice());
    const instance = runtime.instantiate(module, { wasi: { args: ['primes', '20000', '4'], stdout } });
    const end = await instance.executeMainAsync();
    runtime.destroy();
    return { end, out: text(out) };
  },
  /** Threads in workers of this worker, which all its runtimes take in turn. */
  async threadsInWorkers({ mode, count, runs }) {
    try {
      const workers = await enclasm.startThreadWorkers(count);
      const bytes = await bytesOf('samples/threads/primes.wasm');
      const results = [];
      for (let k = 0; k < runs; k++) {
        const compiled = mode === 'aot' ? enclasm.loadAot(await import(AOT_PRIMES), true, AOT_PRIMES) : undefined;
        const runtime = Runtime.init(
          { logLevel: 'error' },
          {
            platform: enclasm.webPlatform(undefined, workers),
            engines: compiled ? [enclasm.aotEngine([compiled])] : enclasm.defaultEngines(),
          },
        );
        const out = [];
        const instance = runtime.instantiate(runtime.load(compiled?.wasm ?? bytes), {
          mode,
          threads: 'parallel',
          limits: { fuel: 1e9, timeoutMs: 60_000 },
          wasi: { args: ['primes', '20000', '2'], stdout: (chunk) => void out.push(chunk.slice()) },
        });
        const end = instance.executeMain();
        const { threads, fuel } = instance.usage;
        runtime.destroy();
        results.push({
          end,
          out: text(out),
          ran: instance.threads,
          threads,
          hasFuel: fuel > 1e6,
        });
        // Workers that were ended are replaced while the event loop turns.
        await new Promise((resolve) => setTimeout(resolve));
      }
      return results;
    } catch (error) {
      return failure(error);
    }
  },
  /** Threads in workers of an enclave's worker: a program, one that runs for ever, and the program again. */
  async threadsInEnclave({ mode, threadWorkers }) {
    try {
      const out = [];
      const stdout = (chunk) => void out.push(chunk.slice());
      const enclave = await createEnclave({ transport: 'worker', trusted: { threadWorkers }, stdout });
      await enclave.initRuntime({ options: {} });
      const ends = [];
      for (const [file, ...args] of [
        ['samples/threads/primes.wasm', '20000', '2'],
        ['guests/spinning-threads.wasm'],
        ['samples/threads/primes.wasm', '20000', '2'],
      ]) {
        const { module } = await enclave.loadModule({ bytes: await bytesOf(file) });
        await enclave.setWasiArgs({ module, options: { args: ['guest', ...args], stdout: 'host' } });
        const options = { mode, threads: 'parallel', limits: { timeoutMs: args.length > 0 ? 60_000 : 300 } };
        const { instance } = await enclave.instantiateModule({ module, options });
        ends.push(
          await enclave.execAppMain({ instance, argv: ['guest', ...args] }).then(({ exitCode }) => exitCode, failure),
        );
        await enclave.deinstantiateModule({ instance });
      }
      await enclave.close();
      return { ends, out: text(out) };
    } catch (error) {
      return failure(error);
    }
  },
  /** Threads in turn, of a seed. */
  async threads({ file, args, seed }) {
    const runtime = Runtime.init({ logLevel: 'error' });
    const module = runtime.load(await bytesOf(`project/${file}`));
    const instance = runtime.instantiate(module, { seed, wasi: { args: [file, ...args], stdout: 'ignore' } });
    let end;
    try {
      end = instance.executeMain();
    } catch (error) {
      if (!(error instanceof enclasm.Trap)) throw error;
      end = error.message;
    }
    const { schedule, fuel } = instance.usage;
    runtime.destroy();
    return { end, schedule, fuel };
  },
  /** A guest that waits for a promise, on this thread. */
  async asyncNative() {
    const runtime = Runtime.init({ logLevel: 'error' });
    const env = Object.entries(NATIVES).map(([symbol, [signature, func, isAsync]]) => {
      return { symbol, signature, func, async: isAsync };
    });
    const instance = runtime.instantiate(runtime.load(await bytesOf('guests/demo.wasm')), { natives: { env } });
    const sum = await instance.lookupFunction('call_add').callAsync([20, 22]);
    runtime.destroy();
    return sum;
  },
  /** Calls that wait, in a mode: what failed. */
  async waiting(mode) {
    const { runWaitingCases } = await import(new URL('guests/waiting-cases.js', here));
    const [guest, caller] = await Promise.all(
      ['guest', 'caller'].map((name) => bytesOf(`guests/waiting-${name}.wasm`)),
    );
    return runWaitingCases({ mode, Runtime, modules: { guest, caller } });
  },
  /** A pool that serves requests. */
  async requests() {
    const pool = enclasm.createEnclavePool({ size: 1, enclave: { transport: 'worker' } });
    const sort = pool.program(await bytesOf('samples/sort.wasm'));
    const { exitCode, stdout } = await pool.runProgram(sort, { args: ['sort'], stdin: 'b\na\n' });
    await pool.close();
    return { exitCode, out: text([stdout]) };
  },
  /** Packages from npm over the standard object, in a script that the test puts beside the guests. */
  async packages(mode) {
    const undo = enclasm.installWebAssembly({ mode });
    try {
      await import(new URL('guests/packages.js', here));
      return await globalThis.runPackages();
    } finally {
      undo();
    }
  },
  /** Code that was compiled ahead of time, which is a script like others. */
  async compiledAheadOfTime() {
    const compiled = enclasm.loadAot(await import(new URL('guests/primes.js', here)));
    const { webPlatform: platform, aotEngine, wasi } = enclasm;
    const runtime = Runtime.init({}, { platform: platform(), engines: [aotEngine([compiled])], libraries: [wasi] });
    const out = [];
    const stdout = (chunk) => void out.push(chunk.slice());
    const instance = runtime.instantiate(runtime.load(compiled.wasm), { wasi: { args: ['primes', '100'], stdout } });
    instance.executeMain();
    runtime.destroy();
    return { mode: instance.mode, out: text(out) };
  },
  async refusals() {
    const errors = {};
    const tried = async (name, action) => {
      try {
        await action();
      } catch (error) {
        errors[name] = failure(error);
      }
    };
    await tried('process', () => createEnclave({ transport: 'process' }));
    await tried('entry', () => createEnclave({ entry: new URL('nothing.js', here) }));
    await tried('codeCache', () => createEnclave({ codeCache: '/tmp' }));
    await tried('preopen', () =>
      createPlugin(new URL('samples/greet.wasm', here), { wasi: { preopens: { '/': '/etc' } }, enclave: 'worker' }),
    );
    await tried('file', () => createPlugin(new URL('samples/nothing.wasm', here)));
    await tried('nodePlatform', () => enclasm.nodePlatform());
    return errors;
  },
};

function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** Runs a program from the event loop: what a debugger evaluates is exempt from a content security policy until it first waits. */
globalThis.program = async (name, args) => {
  await new Promise((resolve) => setTimeout(resolve));
  return programs[name](...args);
};
if (typeof document === 'undefined') {
  addEventListener('message', async ({ data: { name, args } }) => postMessage(await globalThis.program(name, args)));
  postMessage('ready');
}
