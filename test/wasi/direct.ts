// Runs a WASI program on the host's own WebAssembly with our imports and none of our engines: what WASI does, apart from who runs it.
// For tests and benches alone: it has no limits.
import { createWasi, type WasiImport, type WasiOptions } from '#src/imports/wasi/index.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { MemoryViews } from '#src/runtime/memory.js';
import { Slots } from '#src/runtime/slots.js';
import { ExitError } from '#src/wasm/errors.js';
import { I64 } from '#src/wasm/types.js';
import { bareEnv, platform } from './guest.js';
import { wasiImports } from './imports.js';

export interface DirectResult {
  readonly exitCode: number;
  /** Of a trap. */
  readonly error: string | undefined;
}

/** @param bytes a command module: exports memory and _start */
export function runDirect(bytes: Uint8Array, options: WasiOptions): DirectResult {
  const wasi = createWasi(options, platform);
  try {
    directInstance(new WebAssembly.Module(bytes as BufferSource), wasi).start();
    return { exitCode: 0, error: undefined };
  } catch (thrown) {
    if (thrown instanceof ExitError) return { exitCode: thrown.code, error: undefined };
    return { exitCode: 1, error: String(thrown) };
  } finally {
    wasi.close();
  }
}

/** Links the module; `start` runs _start. */
export function directInstance(
  module: WebAssembly.Module,
  wasi: ReturnType<typeof createWasi>,
): { instance: WebAssembly.Instance; start: () => void } {
  let views = new MemoryViews(new ArrayBuffer(0), 0, 0);
  let memory: WebAssembly.Memory | undefined;
  const env = bareEnv(() => {
    // Growing detaches the old buffer, whose views are then empty.
    if (views.u8.length === 0 && memory) views = new MemoryViews(memory.buffer, 0, memory.buffer.byteLength);
    return views;
  });
  const imports: WebAssembly.Imports = {};
  const all: Readonly<Record<string, Readonly<Record<string, WasiImport>>>> = { ...wasiImports(wasi) };
  for (const [moduleName, functions] of Object.entries(all)) {
    imports[moduleName] = Object.fromEntries(
      Object.entries(functions).map(([name, one]) => [name, wrap(one, env, new Slots(16))]),
    );
  }
  const instance = new WebAssembly.Instance(module, imports);
  memory = instance.exports['memory'] as WebAssembly.Memory;
  return { instance, start: instance.exports['_start'] as () => void };
}

/** A function of plain arguments; written out for each number of them, because rest parameters cost more than the call. */
function wrap({ params, code }: WasiImport, env: ExecEnv, slots: Slots): WebAssembly.ImportValue {
  const names = params.map((_, k) => `a${k}`);
  const stores = params.map((type, k) =>
    type === I64
      ? `w[${4 * k}] = Number(BigInt.asIntN(32, a${k})); w[${4 * k + 1}] = Number(BigInt.asIntN(32, a${k} >> 32n));`
      : `w[${4 * k}] = a${k};`,
  );
  const source = `return (${names}) => { ${stores.join(' ')} code(env, slots); return w[0]; };`;
  return new Function('code', 'env', 'slots', 'w', source)(code, env, slots, slots.i32) as WebAssembly.ImportValue;
}
