// Runs a program once for each of many seeds, and tells which outcomes there are, with a seed for each: a schedule of threads that fails is found and
// can be repeated. Refuses what belongs to one run alone.
import { OutputSink } from '../entry/libraries.js';
import { CliError } from './cli-error.js';
import { describe, type Stage } from './describe.js';
import { readModule } from './files.js';
import { guestHere } from './guest-here.js';
import type { Io } from './io.js';
import type { Guest, RunRequest } from './request.js';
import type { Range } from './values.js';

/** Characters of a program's output that are shown. */
const MOST_SHOWN = 60;

/** Some seeds with one outcome. */
interface Found {
  readonly first: number;
  readonly text: string;
  readonly hasFailed: boolean;
  count: number;
}

/** @returns 0 where all outcomes are the same, and no failure; else 1 */
export async function runSeeds(request: RunRequest, { first, last }: Range, io: Io): Promise<number> {
  for (const [option, isGiven] of [
    ['--enclave', request.enclave !== undefined],
    ['--repl', request.repl],
    ['--json', request.json],
    ['--usage', request.usage],
    ['--seed', request.seed !== undefined],
  ] as const) {
    if (isGiven) throw new CliError(`enclasm run: --seeds and ${option} exclude each other; give one of them`);
  }
  const bytes = await readModule(request.file, io, undefined);
  const found = new Map<string, Found>();
  for (let seed = first; seed <= last; seed++) {
    const { key, text, hasFailed } = await runOnce({ ...request, seed }, bytes, io);
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { first: seed, text, hasFailed, count: 1 });
  }
  const outcomes = [...found.values()];
  io.out(`${request.file}: ${last - first + 1} seeds, ${outcomes.length} outcome${outcomes.length === 1 ? '' : 's'}\n`);
  for (const { count, first: seed, text } of outcomes) io.out(`  ${count} times, first with --seed=${seed}: ${text}\n`);
  return outcomes.length === 1 && !outcomes[0]!.hasFailed ? 0 : 1;
}

/** What one run comes to: the same key means the same output and end. */
async function runOnce(
  request: RunRequest,
  bytes: Uint8Array,
  io: Io,
): Promise<{ readonly key: string; readonly text: string; readonly hasFailed: boolean }> {
  const output = new OutputSink();
  const quiet: Io = { ...io, stdin: 'ignore', stdout: output, stderr: output, err: () => {}, env: io.env };
  let stage: Stage = 'load';
  let guest: Guest | undefined;
  let end: string;
  let hasFailed = false;
  try {
    guest = await guestHere(request, bytes, quiet, { natives: [] }, (next) => {
      stage = next;
    });
    stage = 'run';
    end = await callOf(request, guest);
  } catch (error) {
    const described = describe(error, stage, request.file);
    if (stage !== 'run') throw new CliError(described.text, described.exitCode);
    end = described.text.replace(`${request.file}: `, '');
    hasFailed = true;
  } finally {
    await guest?.end();
  }
  const written = new TextDecoder().decode(output.bytes);
  const shown = written.length > MOST_SHOWN ? `${written.slice(0, MOST_SHOWN)}...` : written;
  return {
    key: `${end}\0${written}`,
    text: `${end}${written === '' ? '' : `, having written ${JSON.stringify(shown)}`}`,
    hasFailed,
  };
}

async function callOf({ func, file, args }: RunRequest, guest: Guest): Promise<string> {
  if (func !== undefined) return `${func} gives ${(await guest.call(func, args)).join(',')}`;
  return `exit code ${(await guest.main([file, ...args])) & 0xff}`;
}
