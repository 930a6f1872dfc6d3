// Runs a file: reads it, makes a guest of it in this process or in an enclave, calls main, a function, or what the user types, and reports.
// Refuses nothing itself: every error becomes one line and an exit code.
import { realpathSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { AotModule } from '../entry/aot.js';
import { LimitError, Trap } from '../entry/embed.js';
import { CliError, EXIT_CANNOT_LOAD, EXIT_USAGE } from './cli-error.js';
import { describe, framesOf, type Stage } from './describe.js';
import { readModule } from './files.js';
import { guestHere } from './guest-here.js';
import type { Io } from './io.js';
import type { NativeLib } from './native-lib.js';
import type { Observing } from './observe.js';
import type { Progress } from './progress.js';
import type { Guest, Outcome, RunRequest } from './request.js';

/** @returns the exit code */
export async function run(request: RunRequest, io: Io): Promise<number> {
  let stage: Stage = 'load';
  let guest: Guest | undefined;
  let program: Uint8Array | undefined;
  let watch: Observing | undefined;
  let failure: unknown;
  const outcome: Outcome = { exitCode: 0 };
  const progress = request.json || request.repl ? undefined : io.progress();
  const reached = (next: Stage): void => {
    stage = next;
    progress?.begin(`${request.program}: ${request.file}: ${STAGE_NAMES[next]}`);
  };
  try {
    checkDirectories(request, io.codeFolder && dirname(io.codeFolder));
    const { bytes, compiled } = await readProgram(request, io, progress);
    program = bytes;
    reached('init');
    if (!request.enclave && isObserved(request)) watch = (await import('./observe.js')).observing(request, io);
    guest = request.enclave
      ? await (await import('./guest-enclave.js')).guestInEnclave(request, bytes, io, progress, reached)
      : await guestHere(
          request,
          bytes,
          io,
          { natives: await nativeLibs(request, io), compiled, progress, observe: watch?.observer },
          reached,
        );
    reached('run');
    if (request.verbosity >= 3) io.err(`${request.program}: mode ${guest.mode}: ${guest.modeReason}\n`);
    await drive(request, guest, io, outcome);
  } catch (error) {
    if (program) await addSource(error, request, program);
    await fail(error, stage, request, guest, io, outcome);
    failure = error;
  }
  progress?.end();
  try {
    watch?.finish();
    if (failure instanceof Trap) await dumpCore(failure, request, guest, io);
    await finish(request, guest, io, outcome);
  } catch (error) {
    await fail(error, 'run', request, undefined, io, outcome);
  }
  return outcome.exitCode;
}

/** The text of iwasm when --timeout ends a program. */
const TIME_UP = 'Exception: terminated by user';

/** The names of the stages in the progress line. */
const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  init: 'starting',
  load: 'loading',
  instantiate: 'loading',
  run: 'running',
};

async function drive(request: RunRequest, guest: Guest, io: Io, outcome: Outcome): Promise<void> {
  if (request.repl) {
    const { repl } = await import('./repl.js');
    await repl(request, guest, io);
  } else if (request.func !== undefined) {
    const results = guest.call(request.func, request.args);
    outcome.results = results instanceof Promise ? await results : results;
    io.out(`${outcome.results.join(',')}\n`);
  } else {
    const code = guest.main([request.argv0, ...request.args]);
    outcome.exitCode = (code instanceof Promise ? await code : code) & 0xff;
  }
}

/** Reads a module, or in mode aot a file that was compiled from one. */
async function readProgram(
  request: RunRequest,
  io: Io,
  progress: Progress | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly compiled?: AotModule }> {
  if (request.mode !== 'aot') return { bytes: await readModule(request.file, io, progress) };
  if (request.enclave) throw new CliError('mode aot does not run in an enclave; give --mode=aot without --enclave');
  return (await import('./compiled.js')).readCompiled(request.file, io);
}

function isObserved({ observe }: RunRequest): boolean {
  return Object.values(observe).some((wanted) => wanted !== undefined);
}

/** Puts names and lines of the source into the frames of an error, where the module has them. */
async function addSource(error: unknown, { file }: RunRequest, program: Uint8Array): Promise<void> {
  if (!(error instanceof Trap || error instanceof LimitError) || error.frames.length === 0) return;
  const { sourceFrames } = await import('../entry/debug.js');
  error.frames = sourceFrames(error.frames, program, file, (await import('./observe.js')).mapsBeside(file));
}

/** @throws CliError */
async function dumpCore(
  { frames }: Trap,
  { observe, program }: RunRequest,
  guest: Guest | undefined,
  io: Io,
): Promise<void> {
  if (observe.coreDump === undefined || !guest?.coreDump) return;
  (await import('./observe.js')).write(observe.coreDump, await guest.coreDump(frames));
  io.err(`${program}: core dumped to ${observe.coreDump}\n`);
}

async function nativeLibs({ nativeLibs: paths }: RunRequest, io: Io): Promise<NativeLib[]> {
  if (paths.length === 0) return [];
  const { loadNativeLib } = await import('./native-lib.js');
  return Promise.all(paths.map((path) => loadNativeLib(path, io)));
}

/**
 * Checks directories before instantiation does, so that the error can name the option.
 * @param kept the folder of code that later starts run: a guest that could write there would get out of its sandbox
 */
function checkDirectories({ directories }: RunRequest, kept: string | undefined): void {
  const seen = new Set<string>();
  for (const { guest, host, readOnly } of directories) {
    if (seen.has(guest)) {
      throw new CliError(`the guest path '${guest}' is given twice; each --dir and --map-dir needs its own`);
    }
    seen.add(guest);
    const stat = statSync(host, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) {
      const what = stat ? 'is not a directory' : 'no such directory';
      throw new CliError(`${host}: ${what}; --dir and --map-dir grant directories`, EXIT_CANNOT_LOAD);
    }
    if (kept !== undefined && !readOnly && overlap(realpathSync(host), realpathSync(kept))) {
      throw new CliError(
        `${host}: the guest could change the code that is kept in ${kept} and run by later starts; grant less, or for reading only, or ` +
          'keep it elsewhere (--cache-dir), or never (--no-cache)',
      );
    }
  }
}

/** Whether one of two real paths lies in the other. */
function overlap(a: string, b: string): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return longer === shorter || longer.startsWith(shorter.endsWith(sep) ? shorter : `${shorter}${sep}`);
}

async function fail(
  error: unknown,
  stage: Stage,
  request: RunRequest,
  guest: Guest | undefined,
  io: Io,
  outcome: Outcome,
): Promise<void> {
  const { text, exitCode, kind } = describe(error, stage, request.file, request.pool !== undefined);
  outcome.exitCode = exitCode;
  outcome.error = { kind, text };
  const say = (line: string): void => io.err(`${line}\n`);
  if (request.program === 'iwasm' && guest && !(error instanceof CliError)) {
    // As WAMR's iwasm does, it writes to standard output, and the calls before the text.
    if (request.verbosity >= 1) for (const line of framesOf(error)) io.out(`${line}\n`);
    const isTimeUp = error instanceof LimitError && error.limit === 'timeoutMs';
    io.out(`${isTimeUp ? TIME_UP : ((await guest.exception()) ?? `Exception: ${text}`)}\n`);
  } else {
    say(`${request.program}: ${text}`);
    if (request.verbosity >= 3) for (const line of framesOf(error)) say(`  ${line}`);
  }
  if ((request.trace || request.verbosity >= 5) && error instanceof Error) say(String(error.stack));
}

/** Ends the guest, reports what it used, and says whether output was lost. */
async function finish(request: RunRequest, guest: Guest | undefined, io: Io, outcome: Outcome): Promise<void> {
  const usage = guest && (request.usage || request.json) ? await guest.usage() : undefined;
  const ended = guest?.end();
  if (ended instanceof Promise) await ended;
  const { lostOutput } = io;
  if (lostOutput !== undefined) {
    io.err(`${request.program}: ${lostOutput}\n`);
    if (outcome.exitCode === 0) outcome.exitCode = EXIT_USAGE;
  }
  if (request.json || request.usage) {
    const { reportJson, reportText } = await import('./report.js');
    io.err(request.json ? reportJson(request, guest, outcome, usage) : usage && guest ? reportText(guest, usage) : '');
  }
}
