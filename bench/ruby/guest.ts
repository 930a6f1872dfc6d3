// One process of bench/ruby.ts: node build/bench/ruby/guest.js WAY RUBY.wasm PROGRAM.rb runs a Ruby program in a running mode, or under node:wasi,
// and prints what it took as the last line, after the program's own output. Ruby's calls to JavaScript are refused: no program here makes any.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WASI } from 'node:wasi';
import { decode } from '#src/binary/decode.js';
import { Runtime } from '#src/embed/runtime.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { Engine } from '#src/runtime/engine.js';
import { validate } from '#src/validate/validate.js';
import { engineOf, type Mode } from '../engine-modes.js';
import { must } from '../harness.js';

/** Milliseconds of processor time, of all threads. */
export interface RubyTimes {
  /** From the module's bytes until Ruby takes programs. */
  readonly startMs: number;
  readonly programMs: number;
}
interface Guest {
  call(name: string, ...args: number[]): number;
  memory(): Uint8Array;
}
/** What Ruby imports to reach JavaScript: its names hold their types. */
type Stubs = Readonly<Record<string, Readonly<Record<string, (...args: number[]) => number>>>>;

const WASI_NAME = 'wasi_snapshot_preview1';
/** Ruby's exports are called `name: func(...)`. */
const nameOf = (exported: string): string => exported.replace(/: func.*/, '');

function stubsOf(module: WebAssembly.Module): Stubs {
  const stubs: Record<string, Record<string, (...args: number[]) => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === WASI_NAME) continue;
    stubs[from] ??= {};
    // A handle is the number itself.
    const known = name.startsWith('resource_');
    stubs[from][name] = (handle = 0) => {
      must(known, `a Ruby program called ${name}`);
      return handle;
    };
  }
  return stubs;
}

function underNode(bytes: Uint8Array): Guest {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const wasi = new WASI({ version: 'preview1', returnOnExit: true });
  const imports = { ...wasi.getImportObject(), ...stubsOf(module) } as WebAssembly.Imports;
  const instance = new WebAssembly.Instance(module, imports);
  wasi.initialize(instance);
  const functions = new Map(Object.entries(instance.exports).map(([name, value]) => [nameOf(name), value]));
  return {
    call: (name, ...args) => (functions.get(name) as (...args: number[]) => number)(...args),
    memory: () => new Uint8Array((instance.exports['memory'] as WebAssembly.Memory).buffer),
  };
}

/** Compiled to a file and imported from there, which no time counts. */
async function aotOf(bytes: Uint8Array): Promise<Engine> {
  const { compileToModule } = await import('#src/engine/js/aot-compile.js');
  const { aotEngine, loadAot } = await import('#src/engine/js/aot-load.js');
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-ruby-'));
  try {
    const file = join(folder, 'ruby.mjs');
    writeFileSync(file, compileToModule(validate(decode(bytes)), { abilities: ['plain'] }));
    return aotEngine([loadAot(await import(pathToFileURL(file).href))]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inMode(mode: Mode, engine: Engine, bytes: Uint8Array, stubs: Stubs): Guest {
  const runtime = Runtime.init({}, { platform: nodePlatform(), engines: [engine], libraries: ALL_LIBRARIES });
  for (const [from, functions] of Object.entries(stubs)) {
    const symbols = Object.entries(functions).map(([symbol, code]) => ({
      symbol,
      func: (_env: unknown, ...args: number[]) => code(...args),
    }));
    runtime.registerNatives(from, symbols);
  }
  const instance = runtime.instantiate(runtime.load(bytes), { mode, wasi: { stdout: 'inherit', stderr: 'inherit' } });
  const names = new Map(instance.module.exports.map(({ name }) => [nameOf(name), name]));
  return {
    call: (name, ...args) => Number(instance.lookupFunction(names.get(name)!)!.call(...args)[0] ?? 0),
    memory: () => instance.addrAppToNative(0)!,
  };
}

/** Copies a text into the guest: its address and length. */
function put(guest: Guest, text: string): [number, number] {
  const bytes = new TextEncoder().encode(text);
  const at = guest.call('cabi_realloc', 0, 0, 1, bytes.length);
  guest.memory().set(bytes, at);
  return [at, bytes.length];
}

function start(guest: Guest): void {
  const words = ['ruby.wasm', '--disable-all', '-EUTF-8', '-e_=0'].flatMap((word) => put(guest, `${word}\0`));
  const at = guest.call('cabi_realloc', 0, 0, 4, 4 * words.length);
  guest.memory().set(new Uint8Array(Uint32Array.from(words).buffer), at);
  guest.call('__wasi_vfs_rt_init');
  guest.call('ruby-init', at, words.length / 2);
  guest.call('ruby-init-loadpath');
}

function evaluate(guest: Guest, program: string): void {
  const result = guest.call('rb-eval-string-protect', ...put(guest, program));
  const memory = guest.memory();
  const state = new DataView(memory.buffer, memory.byteOffset).getInt32(result + 4, true);
  must(state === 0, `the Ruby program raised something (${state})`);
}

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function main(way: string, wasmFile: string, programFile: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(wasmFile));
  const program = readFileSync(programFile, 'utf8');
  let make = (): Guest => underNode(bytes);
  if (way !== 'node:wasi') {
    const mode = way as Mode;
    const engine = await (mode === 'aot' ? aotOf(bytes) : engineOf(mode));
    const stubs = stubsOf(new WebAssembly.Module(bytes));
    make = (): Guest => inMode(mode, engine, bytes, stubs);
  }
  const before = process.cpuUsage();
  const guest = make();
  start(guest);
  const startMs = since(before);
  const between = process.cpuUsage();
  evaluate(guest, program);
  const times: RubyTimes = { startMs, programMs: since(between) };
  console.log(JSON.stringify(times));
}

await main(process.argv[2]!, process.argv[3]!, process.argv[4]!);
