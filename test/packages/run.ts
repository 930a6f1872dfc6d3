// npm run test:packages: unchanged packages from npm over the runtime's `WebAssembly`, one driver with a known answer each, in interp, jit and host, on a
// Node without WebAssembly, with an address space that has no room for the host's, and under limits that none of them reaches. Arguments: --mode NAME,
// --quick for those that answer soon, in interp and jit, --long for the large ones alone, one after another, in interp, jit and host, --record, which keeps
// the times of these and of the host's own for docs/webassembly.md, and parts of names of drivers. Exit code 1 when an answer differs, 2 for wrong use.
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { underAddressSpace } from '../helpers/address-space.js';
import { projectRoot } from '../helpers/wat.js';
import { installLargePackages, installPackages } from './install.js';
import { recordTimes } from './times.js';

const start = promisify(execFile);
const CHILD = fileURLToPath(new URL('driver-child.js', import.meta.url));
const REGISTER = join(projectRoot(), 'dist', 'bin', 'register.cjs');
/** Some packages compile megabytes before their first answer. */
const TIMEOUT_MS = 120_000;
/** Large ones take the interpreter minutes. */
const LONG_TIMEOUT_MS = 1_800_000;
const JOBS = 2;
/** Large ones take gigabytes. */
const LONG_JOBS = 1;
/** Packages that answer after a second or two of processor time in every mode. */
const QUICK: ReadonlySet<string> = new Set([
  'cjs-module-lexer',
  'hash-wasm',
  'libsodium-wrappers',
  'matrix-olm',
  'source-map',
  'xxhash-wasm',
]);
const QUICK_SETTINGS: ReadonlySet<string> = new Set(['interp', 'jit']);
const LONG_SETTINGS: ReadonlySet<string> = new Set(['interp', 'jit', 'host']);
/** What the times are compared with: the package as it is. */
const OWN: Setting = { name: 'own', mode: undefined };

/** A way to run a driver. */
interface Setting {
  readonly name: string;
  /** Undefined: the host's own WebAssembly. */
  readonly mode: string | undefined;
  readonly flags?: readonly string[];
  readonly limited?: true;
  /** Further words of ENCLASM_WEBASSEMBLY. */
  readonly limits?: string;
}
const SETTINGS: readonly Setting[] = [
  ...['interp', 'jit', 'host'].map((mode) => ({ name: mode, mode })),
  { name: 'jitless', mode: 'jit', flags: ['--jitless', '--no-warnings'] },
  { name: 'ulimit', mode: 'jit', limited: true },
  { name: 'limits', mode: 'jit', limits: ' --fuel=4G --timeout=60s --memory=1G --usage' },
];

/** What came of one driver. */
interface Outcome {
  /** Undefined: the answer is right. */
  readonly difference: string | undefined;
  /** Of processor time, until the answer. */
  readonly seconds?: number;
}
const differs = (difference: string): Outcome => ({ difference });

async function runDriver(
  driver: string,
  { mode, flags = [], limited, limits = '' }: Setting,
  timeout: number,
): Promise<Outcome> {
  const register = mode === undefined ? [] : ['--import', REGISTER];
  const words = [process.execPath, ...flags, ...register, CHILD, driver];
  const [command, ...args] = limited ? underAddressSpace(words) : words;
  const env = { ...process.env, ENCLASM_WEBASSEMBLY: `--mode=${mode}${limits}` };
  try {
    const { stdout, stderr } = await start(command!, args, { env, timeout, maxBuffer: 1 << 26 });
    if (limits !== '' && !/^usage\n/m.test(stderr)) return differs('what it used was not printed');
    const { given, wanted, seconds } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
      given: unknown;
      wanted: unknown;
      seconds: number;
    };
    const [a, b] = [given, wanted].map((one) => JSON.stringify(one));
    return a === b ? { difference: undefined, seconds } : differs(`it gives ${a}, not ${b}`);
  } catch (error) {
    return differs(error instanceof Error ? error.message : String(error));
  }
}

/** How a run is made. */
interface Run {
  readonly timeout: number;
  readonly jobs: number;
  /** Keeps the times, and says them. */
  readonly records: boolean;
}

async function runAll(setting: Setting, drivers: readonly string[], { timeout, jobs, records }: Run): Promise<number> {
  const left = [...drivers];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let driver = left.shift(); driver !== undefined; driver = left.shift()) {
      const name = basename(driver, '.mjs');
      const { difference, seconds } = await runDriver(driver, setting, timeout);
      if (difference !== undefined) {
        failed++;
        console.error(`${setting.name}: ${name}: ${difference}`);
      } else if (records) {
        recordTimes(name, setting.name, seconds!);
        console.log(`${setting.name}: ${name}: ${seconds!.toFixed(1)} s`);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  console.log(`${setting.name}: ${drivers.length - failed} passed, ${failed} failed`);
  return failed;
}

async function main(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--mode');
  const mode = at < 0 ? undefined : args[at + 1];
  const [quick, long, records] = ['--quick', '--long', '--record'].map((flag) => args.includes(flag));
  const parts = args.filter((arg, i) => !/^--(quick|long|record)$/.test(arg) && (at < 0 || (i !== at && i !== at + 1)));
  const usual = quick ? QUICK_SETTINGS : long ? LONG_SETTINGS : undefined;
  const chosen = SETTINGS.filter(({ name }) => (mode === undefined ? (usual?.has(name) ?? true) : name === mode));
  const settings = records && mode === undefined ? [OWN, ...chosen] : chosen;
  const drivers = (long ? installLargePackages() : installPackages()).filter((driver) => {
    const name = basename(driver, '.mjs');
    return (!quick || QUICK.has(name)) && parts.every((part) => name.includes(part));
  });
  if (settings.length === 0 || drivers.length === 0) {
    console.error(`nothing to run: modes are ${SETTINGS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  let failed = 0;
  const [timeout, jobs] = long ? [LONG_TIMEOUT_MS, LONG_JOBS] : [TIMEOUT_MS, JOBS];
  for (const setting of settings) failed += await runAll(setting, drivers, { timeout, jobs, records: records! });
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
