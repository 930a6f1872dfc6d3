// Thousands of calls with arguments that no compiler would make: each must end in an errno, or as a guest may end. Reproducible by seed;
// ENCLASM_RANDOM_CALLS sets how many.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OutputSink, SOCKET_CALLS, WASI_CALLS } from '#src/imports/wasi/index.js';
import { seededRandom } from '#src/imports/wasi/random.js';
import { MemoryFileSystem, SymbolicLink } from '#src/platform/memory-fs/memory-file-system.js';
import { ExitError, LimitError, Trap } from '#src/wasm/errors.js';
import { I64 } from '#src/wasm/types.js';
import { Guest } from './guest.js';
import { wasiImports } from './imports.js';

const CALLS = Number(process.env['ENCLASM_RANDOM_CALLS'] ?? 20_000);
const MEMORY = 65_536;

/** Numbers near what matters. */
const INTERESTING = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 100, MEMORY - 8, MEMORY - 1, MEMORY, 0x7fff_ffff, -1, -8];
const PATHS = [
  'file',
  'folder/x',
  '..',
  '../../etc',
  '/etc/passwd',
  'link',
  'out',
  '',
  '.',
  'folder/',
  'new',
  'a\0b',
  '\xff',
];

class Dice {
  readonly #fill;
  readonly #bytes = new Uint8Array(4);
  constructor(seed: number) {
    this.#fill = seededRandom(seed);
  }
  below(limit: number): number {
    this.#fill(this.#bytes);
    return new DataView(this.#bytes.buffer).getUint32(0, true) % limit;
  }
  value(): number {
    const kind = this.below(10);
    if (kind < 6) return INTERESTING[this.below(INTERESTING.length)]!;
    return kind < 9 ? this.below(MEMORY) : this.below(2 ** 32);
  }
}

function scribble(guest: Guest, dice: Dice): void {
  for (const [i, path] of PATHS.entries()) guest.views.u8.set(Buffer.from(`${path}\0`, 'latin1'), 1_024 + 16 * i);
  // Structures with pointers into memory, so that some calls get far.
  for (let at = 0; at < 1_024; at += 8) {
    guest.views.data.setUint32(at, dice.below(3) === 0 ? dice.value() >>> 0 : 2_048 + dice.below(512), true);
    guest.views.data.setUint32(at + 4, dice.below(4) === 0 ? dice.value() >>> 0 : dice.below(64), true);
  }
}

/** An argument: often a pointer to a path with its length after it. */
function argumentsFor(params: readonly number[], dice: Dice): (number | bigint)[] {
  const args: (number | bigint)[] = params.map((type) =>
    type === I64 ? (BigInt(dice.value()) << BigInt(dice.below(3) * 16)) | BigInt(dice.below(2)) : dice.value(),
  );
  if (dice.below(2) === 0 && params.length > 2) {
    const path = dice.below(PATHS.length);
    const at = 1 + dice.below(params.length - 2);
    if (params[at] !== I64 && params[at + 1] !== I64) {
      args[at] = 1_024 + 16 * path;
      args[at + 1] = PATHS[path]!.length;
    }
  }
  if (args.length > 0 && dice.below(3) > 0) args[0] = dice.below(9);
  return args;
}

test.each([1, 2, 3])(
  `seed %i: ${CALLS} calls`,
  (seed) => {
    const scratch = mkdtempSync(join(tmpdir(), 'enclasm-random-'));
    mkdirSync(join(scratch, 'root'));
    mkdirSync(join(scratch, 'root/folder'));
    writeFileSync(join(scratch, 'root/file'), 'text');
    writeFileSync(join(scratch, 'secret'), 'secret');
    const dice = new Dice(seed);
    const names = [...WASI_CALLS, ...SOCKET_CALLS];
    const seen = new Map<string, number>();
    for (let done = 0; done < CALLS; ) {
      const guest = new Guest(
        {
          args: ['a', 'b'],
          env: { A: '1' },
          stdin: () => 'input',
          stdout: new OutputSink(),
          preopens: {
            '/host': join(scratch, 'root'),
            '/memory': new MemoryFileSystem({
              file: 'text',
              folder: {},
              link: new SymbolicLink('file'),
              out: new SymbolicLink('..'),
            }),
          },
          clock: {},
          maxOpenFiles: 40,
          maxOutputBytes: 1 << 22,
        },
        {
          memoryBytes: MEMORY,
          module: seed === 3 ? 'wasi_unstable' : 'wasi_snapshot_preview1',
          meter: { timeoutMs: 5_000 },
        },
      );
      const imports = wasiImports(guest.wasi).wasi_snapshot_preview1;
      for (let k = 0; k < 200; k++, done++) {
        if (k % 20 === 0) scribble(guest, dice);
        const name = names[dice.below(names.length)]!;
        const args = argumentsFor(imports[name]!.params, dice);
        try {
          const errno = guest.call(name, ...args);
          expect(errno).toBeTypeOf('string');
          seen.set(errno, (seen.get(errno) ?? 0) + 1);
        } catch (thrown) {
          const allowed = thrown instanceof ExitError || thrown instanceof LimitError || thrown instanceof Trap;
          if (!allowed) throw new Error(`${name}(${args})`, { cause: thrown });
        }
      }
      guest.close();
    }
    expect(readdirSync(scratch).sort()).toEqual(['root', 'secret']);
    rmSync(scratch, { recursive: true });
    // Some calls came through, and the refusals are not all of one kind.
    expect(seen.get('ESUCCESS')).toBeGreaterThan(CALLS / 50);
    expect(seen.size).toBeGreaterThan(8);
  },
  120_000,
);
