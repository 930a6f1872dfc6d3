// Commands that run a guest from bytes to bytes: a plugin's function, a program whole. One command each, so that a call is one round trip.
import { InstantiationAccount } from '../../../embed/instance/instantiation-account.js';
import type { WasiOptions } from '../../../imports/wasi/index.js';
import { type ProgramResult, runProgram, runProgramAsync } from '../../../plugin/guest/program.js';
import { UsageError } from '../../../wasm/errors.js';
import type { Args, Result } from '../../protocol/commands.js';
import type { HeldChunk } from '../../protocol/structures.js';
import type { CommandCall } from '../../protocol/transport.js';
import { FailedAfter, type HandlersOf } from '../handler.js';
import { HeldOutput } from '../held-output.js';
import { instanceOptions } from '../instance-options.js';
import type { Session } from '../session.js';
import { withWasi } from '../wasi-args.js';

export const pluginHandlers: HandlersOf<'callPlugin' | 'runProgram'> = {
  callPlugin(session, { instance, limits, ...call }, { async, signal }) {
    const entry = session.handles.get('instance', instance);
    const { plugin } = entry;
    if (plugin === undefined) throw new UsageError('CALL_PLUGIN: an instance of INSTANTIATE_PLUGIN is wanted');
    const options = { ...limits, signal: entry.instance.instance.interruptible ? signal : undefined };
    const { instance: inner } = plugin.instance;
    const before = inner.endedCalls;
    const failed = (error: unknown): never => {
      throw new FailedAfter(error, inner.endedCalls === before ? undefined : plugin.instance.lastCallUsage);
    };
    if (async && plugin.canPause) return session.enter(entry, () => plugin.callAsync(call, options)).catch(failed);
    try {
      return session.enter(entry, () => plugin.call(call, options));
    } catch (error) {
      return failed(error);
    }
  },
  runProgram(session, args, call) {
    const account = new InstantiationAccount(args.limits);
    const failed = (error: unknown): never => {
      throw new FailedAfter(error, account.usage);
    };
    // Where an ocall may be answered later, nothing could be sent while the guest runs; what is held would be lost with an enclave that is ended.
    const isHard = args.options?.deadline === 'hard';
    const hold = args.holdMs !== undefined && session.platform.blocking && !call.async && !isHard;
    try {
      if (hold) return answer(...holding(session, args.holdMs!, (held) => run(session, args, call, account, held)));
      const result = run(session, args, call, account);
      return result instanceof Promise ? result.then(answer, failed) : answer(result);
    } catch (error) {
      return failed(error);
    }
  },
};

function answer({ exitCode, ...result }: ProgramResult, held?: readonly HeldChunk[]): Result<'runProgram'> {
  return { exitCode: exitCode | 0, ...result, ...(held && { held }) };
}

/** Runs a program whose output is held back. @returns what is left of that with its result */
function holding(
  { platform }: Session,
  holdMs: number,
  start: (held: HeldOutput) => ProgramResult | Promise<ProgramResult>,
): [ProgramResult, readonly HeldChunk[]] {
  const { ocalls } = platform;
  const held = new HeldOutput(holdMs, {
    print: (stream, bytes) => void platform.print(stream, bytes),
    now: () => platform.platform.monotonicNow(),
  });
  // That of a program whose native runs this one: it holds nothing now.
  const outer = ocalls.before;
  ocalls.before = () => held.flush();
  try {
    return [start(held) as ProgramResult, held.take()];
  } catch (error) {
    held.flush();
    throw error;
  } finally {
    ocalls.before = outer;
  }
}

function run(
  session: Session,
  { module, wasi = {}, stdin, options = {}, maxOutputBytes }: Args<'runProgram'>,
  { async, signal }: CommandCall,
  account: InstantiationAccount,
  held?: HeldOutput,
): ProgramResult | Promise<ProgramResult> {
  const entry = session.handles.get('module', module);
  const instance = instanceOptions(session, options);
  // Natives must not unload the module meanwhile.
  entry.instances++;
  const start = async ? runProgramAsync : runProgram;
  const withStreams = ({ wasi: given = {} }: { readonly wasi?: WasiOptions }) => {
    const { stdin: input, stdout, stderr, ...others } = given;
    const streams = {
      stdin: wasi.stdin === undefined ? (stdin ?? 'ignore') : input!,
      ...(wasi.stdout !== undefined && { stdout: stdout! }),
      ...(wasi.stderr !== undefined && { stderr: stderr! }),
    };
    return start(session.runtime, entry.module, {
      instance,
      wasi: { ...others, ...streams },
      maxOutputBytes,
      account,
      signal: lookedAt(signal, held),
    });
  };
  return session.inside(
    () => withWasi<ProgramResult | Promise<ProgramResult>>(wasi, session.platform, withStreams, held),
    () => entry.instances--,
  );
}

/** A signal that a running guest is asked about every few milliseconds: what is held for too long goes out then. */
function lookedAt(signal: CommandCall['signal'], held: HeldOutput | undefined): CommandCall['signal'] {
  if (held === undefined) return signal;
  return {
    get aborted() {
      held.flushIfOld();
      return signal?.aborted === true;
    },
  };
}
