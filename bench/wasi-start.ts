// How long `enclasm run hello.wasm` takes from nothing, beside an empty Node program and node:wasi: processes taking turns, as users start
// them. Every figure is the fastest of its runs; rows say how much later than an empty program something ends.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type BenchArgs, type BenchResult, must, plain } from './harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HELLO = join(ROOT, 'samples/hello.wasm');
const ENCLASM = join(ROOT, 'dist/bin/enclasm.cjs');
const MORE_THAN_NODE_MS = 22;

const NODE_WASI = `import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
const wasi = new WASI({ version: 'preview1', args: ['hello'], returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(${JSON.stringify(HELLO)}), wasi.getImportObject());
wasi.start(instance);
`;

/** Milliseconds of one process. */
function run(args: readonly string[]): number {
  const before = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', cwd: ROOT });
  must(status === 0, args.join(' '));
  return performance.now() - before;
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  must(existsSync(ENCLASM), `${ENCLASM} is not built`);
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-start-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const programs: Readonly<Record<string, readonly string[]>> = {
      empty: [file('empty.cjs', '')],
      'node:wasi': [file('wasi.mjs', NODE_WASI)],
      enclasm: [ENCLASM, 'run', HELLO],
      'enclasm --mode=interp': [ENCLASM, 'run', '--mode=interp', HELLO],
      'enclasm --enclave': [ENCLASM, 'run', '--enclave', HELLO],
    };
    const best: Record<string, number> = {};
    // The first round fills the caches of code, as the first run of an installation does.
    for (let round = 0; round <= (quick ? 3 : 30); round++) {
      for (const [name, args] of Object.entries(programs)) {
        const ms = run(args);
        if (round > 0) best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, ms);
      }
    }
    const { empty = 0, enclasm = 0, ...others } = best;
    return {
      name: 'cold start of hello',
      results: [
        plain('an empty program', empty, 'ms'),
        atMost('enclasm run, later than that', enclasm - empty, 'ms', MORE_THAN_NODE_MS),
        ...Object.entries(others).map(([name, ms]) => plain(`${name}, later than that`, ms - empty, 'ms')),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
