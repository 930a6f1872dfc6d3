// npm run fuzz -- --minutes N --seed S [--modes interp,jit] [--kind ttf|mutate|boundary|worlds|threads] [--family K] [--packets N] [--no-node] [--checked]
// npm run fuzz -- --record: writes down again what is right for each case, as the newest Node has it.
// Random modules through all our modes and the newest Node; whatever they disagree on is minimised and kept in test/fuzz/cases.
// Exit code 1 on any difference, 2 for wrong use. The same seed makes the same modules.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../helpers/wat.js';
import { Fuzzer, type FuzzKind } from './fuzzer.js';
import { loadMode, MODES, type Mode } from './modes.js';

const NAMES = ['--minutes', '--seed', '--modes', '--kind', '--family', '--packets'];
const FLAGS = ['--no-node', '--record', '--checked'];
const KINDS: readonly FuzzKind[] = ['ttf', 'mutate'];

interface Arguments {
  readonly minutes: number;
  readonly seed: number;
  readonly modes: readonly string[];
  readonly kinds: readonly FuzzKind[];
  readonly boundary: boolean;
  readonly worlds: boolean;
  readonly threads: boolean;
  readonly family: number | undefined;
  readonly node: boolean;
  readonly record: boolean;
  /** Of the boundary: instead of minutes. */
  readonly packets: number | undefined;
}

class WrongUse extends Error {}

function numberOf(name: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === '' || !(value >= 0)) throw new WrongUse(`${name} wants a number, not ${text}`);
  return value;
}

function parse(args: readonly string[]): Arguments {
  const given = new Map<string, string>();
  // `npm run fuzz -- boundary` is short for --kind boundary.
  if (args[0] === 'boundary' || args[0] === 'threads') return parse(['--kind', ...args]);
  for (let i = 0; i < args.length; i++) {
    const [name, value] = args[i]!.split('=', 2) as [string, string | undefined];
    if (!NAMES.includes(name) && !FLAGS.includes(name)) {
      throw new WrongUse(`unknown argument ${name}`);
    }
    given.set(name, FLAGS.includes(name) ? '' : (value ?? args[++i] ?? ''));
  }
  const kind = given.get('--kind');
  if (kind !== undefined && ![...KINDS, 'boundary', 'worlds', 'threads'].includes(kind))
    throw new WrongUse(`unknown kind ${kind}`);
  const family = given.get('--family');
  const packets = given.get('--packets');
  return {
    minutes: numberOf('--minutes', given.get('--minutes') ?? '1'),
    seed: numberOf('--seed', given.get('--seed') ?? '1'),
    modes: given.get('--modes')?.split(',') ?? MODES,
    kinds: kind === undefined ? KINDS : KINDS.filter((one) => one === kind),
    boundary: kind === 'boundary',
    worlds: kind === 'worlds',
    threads: kind === 'threads',
    family: family === undefined ? undefined : numberOf('--family', family),
    node: !given.has('--no-node'),
    record: given.has('--record'),
    packets: packets === undefined ? undefined : numberOf('--packets', packets),
  };
}

async function fuzzBoundary({ minutes, seed, packets }: Arguments): Promise<number> {
  const { fuzz } = await import('./boundary.js');
  const { failed } = await fuzz(packets ?? Number.POSITIVE_INFINITY, seed, packets ? undefined : minutes * 60_000);
  return failed > 0 ? 1 : 0;
}

async function fuzzPrograms({ minutes, seed, family }: Arguments): Promise<number> {
  const { fuzzThreads } = await import('./threads/fuzzer.js');
  const report = (line: string): void => console.log(line);
  const { passed, failed } = await fuzzThreads({ minutes, seed, number: family, report });
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

async function fuzzWorlds(parsed: Arguments, modes: readonly Mode[]): Promise<number> {
  const { WorldFuzzer } = await import('./worlds/fuzzer.js');
  const report = (line: string): void => console.log(line);
  const fuzzer = new WorldFuzzer({ ...parsed, modes, number: parsed.family, report });
  if (parsed.record) return (await fuzzer.record()) > 0 ? 1 : 0;
  const { passed, failed, skipped } = await fuzzer.run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : 0;
}

/** The same in a process of the checked build, in which memories move at every growth and lie between canaries. */
function runChecked(args: readonly string[]): number {
  const hooks = pathToFileURL(join(projectRoot(), 'test', 'checked', 'register.mjs')).href;
  const rest = args.filter((one) => one !== '--checked');
  return spawnSync(process.execPath, ['--import', hooks, process.argv[1]!, ...rest], { stdio: 'inherit' }).status ?? 1;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--checked')) return runChecked(args);
  const parsed = parse(args);
  if (parsed.boundary) return fuzzBoundary(parsed);
  if (parsed.threads) return fuzzPrograms(parsed);
  const modes: Mode[] = [];
  for (const name of parsed.modes) modes.push(await loadMode(name));
  if (parsed.worlds) return fuzzWorlds(parsed, modes);
  const fuzzer = await Fuzzer.create({ ...parsed, modes, report: (line) => console.log(line) });
  try {
    if (parsed.record) return (await fuzzer.record()) > 0 ? 1 : 0;
    const { passed, failed, skipped } = await fuzzer.run();
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return failed > 0 ? 1 : 0;
  } finally {
    fuzzer.dispose();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? (error instanceof WrongUse ? error.message : error.stack) : String(error));
  process.exitCode = error instanceof WrongUse ? 2 : 1;
}
