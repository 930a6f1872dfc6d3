// Commands that run a guest from bytes to bytes: a plugin's function, a program whole. One command each, so that a call is one round trip.
import { InstantiationAccount } from '../../../embed/instance/instantiation-account.js';
import { type ProgramResult, runProgram, runProgramAsync } from '../../../plugin/guest/program.js';
import { UsageError } from '../../../wasm/errors.js';
import type { Args, Result } from '../../protocol/commands.js';
import type { CommandCall } from '../../protocol/transport.js';
import { FailedAfter, type HandlersOf } from '../handler.js';
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
    try {
      const result = run(session, args, call, account);
      return result instanceof Promise ? result.then(answer, failed) : answer(result);
    } catch (error) {
      return failed(error);
    }
  },
};

function answer({ exitCode, ...result }: ProgramResult): Result<'runProgram'> {
  return { exitCode: exitCode | 0, ...result };
}

function run(
  session: Session,
  { module, wasi = {}, stdin, options = {}, maxOutputBytes }: Args<'runProgram'>,
  { async, signal }: CommandCall,
  account: InstantiationAccount,
): ProgramResult | Promise<ProgramResult> {
  const entry = session.handles.get('module', module);
  const instance = instanceOptions(session, options);
  // Natives must not unload the module meanwhile.
  entry.instances++;
  const start = async ? runProgramAsync : runProgram;
  return session.inside(
    () =>
      withWasi<ProgramResult | Promise<ProgramResult>>(wasi, session.platform, ({ wasi: given = {} }) => {
        const { stdin: input, stdout, stderr, ...others } = given;
        const streams = {
          stdin: wasi.stdin === undefined ? (stdin ?? 'ignore') : input!,
          ...(wasi.stdout !== undefined && { stdout: stdout! }),
          ...(wasi.stderr !== undefined && { stderr: stderr! }),
        };
        const interruptible = options.interruptible ?? true;
        return start(session.runtime, entry.module, {
          instance,
          wasi: { ...others, ...streams },
          maxOutputBytes,
          account,
          signal: interruptible ? signal : undefined,
        });
      }),
    () => entry.instances--,
  );
}
