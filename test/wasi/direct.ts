// Runs a WASI program on the host's own WebAssembly with our imports and none of our engines: what WASI does, apart from who runs it.
// For tests and benches alone: it has no limits.
import { createWasi, type WasiOptions, wasiImports } from '#src/imports/wasi/index.js';
import { MemoryViews } from '#src/runtime/memory.js';
import { Slots } from '#src/runtime/slots.js';
import { ExitError } from '#src/wasm/errors.js';
import { I64 } from '#src/wasm/types.js';
import { bareEnv, platform } from './guest.js';

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
    if (memory && memory.buffer !== views.u8.buffer) views = new MemoryViews(memory.buffer, 0, memory.buffer.byteLength);
    return views;
  });
  const slots = new Slots(16);
  const imports: WebAssembly.Imports = {};
  for (const [moduleName, functions] of Object.entries(wasiImports(wasi))) {
    const wrapped: Record<string, (...args: (number | bigint)[]) => number> = {};
    for (const [name, { params, code }] of Object.entries(functions)) {
      const wide = params.map((type) => type === I64);
      const { i32 } = slots;
      wrapped[name] = (...args) => {
        for (let k = 0; k < args.length; k++) {
          if (wide[k]) {
            i32[4 * k] = Number(BigInt.asIntN(32, args[k] as bigint));
            i32[4 * k + 1] = Number(BigInt.asIntN(32, (args[k] as bigint) >> 32n));
          } else i32[4 * k] = args[k] as number;
        }
        code(env, slots);
        return i32[0]!;
      };
    }
    imports[moduleName] = wrapped;
  }
  const instance = new WebAssembly.Instance(module, imports);
  memory = instance.exports['memory'] as WebAssembly.Memory;
  return { instance, start: instance.exports['_start'] as () => void };
}
