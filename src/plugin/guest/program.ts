// A program run whole, from an instance of its own to its end: standard input in, standard output and error out, nothing left.
// Refuses output beyond its limit, by name, whatever the program makes of it.

import type { CallOptions } from '../../embed/call/call.js';
import type { InstantiateOptions } from '../../embed/instance/instantiation.js';
import { InstantiationAccount } from '../../embed/instance/instantiation-account.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import type { WasmModule } from '../../embed/module/wasm-module.js';
import type { Runtime } from '../../embed/runtime.js';
import { OutputSink, type WasiOptions } from '../../imports/wasi/index.js';
import { FileError } from '../../platform/errno.js';
import { checkSignal } from '../../runtime/meter.js';
import type { Usage } from '../../wasm/usage-table.js';
import { tooLong } from './guest-bytes.js';

/** What a program is run with. */
export interface ProgramOptions {
  /** Its instance; `limits` hold for each of start function and main, the account's for all of it. */
  readonly instance: InstantiateOptions;
  /** Streams that are absent are collected: output and error come back. */
  readonly wasi: WasiOptions;
  /** Bytes of each output that is collected. */
  readonly maxOutputBytes: number;
  /** Limits of the whole, and what it used, whatever comes of it. */
  readonly account?: InstantiationAccount | undefined;
  readonly signal?: CallOptions['signal'];
}
/** How a program ended. */
export interface ProgramResult {
  readonly exitCode: number;
  /** What it wrote, where that was collected. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Which limits refused it something; see WasmInstance. */
  readonly refused: string | undefined;
  readonly usage: Usage;
}

/** Throws what instantiation and the call throw, and PluginError 'output-too-long'. */
export function runProgram(
  runtime: Pick<Runtime, 'instantiate'>,
  module: WasmModule,
  options: ProgramOptions,
): ProgramResult {
  const run = begin(runtime, module, options);
  try {
    return run.finish(run.instance.executeMain([], run.limits()));
  } catch (error) {
    throw run.failure(error);
  } finally {
    run.end();
  }
}
/** The same in slices, where the mode can; what fails before the program runs is thrown at once. */
export function runProgramAsync(
  runtime: Pick<Runtime, 'instantiate'>,
  module: WasmModule,
  options: ProgramOptions,
): Promise<ProgramResult> {
  const run = begin(runtime, module, options);
  const whole = async (): Promise<ProgramResult> => {
    try {
      const canPause = run.instance.canPause();
      return run.finish(
        canPause ? await run.instance.executeMainAsync([], run.limits()) : run.instance.executeMain([], run.limits()),
      );
    } catch (error) {
      throw run.failure(error);
    } finally {
      run.end();
    }
  };
  return whole();
}

function begin(runtime: Pick<Runtime, 'instantiate'>, module: WasmModule, options: ProgramOptions) {
  const { wasi, maxOutputBytes, signal, account = new InstantiationAccount() } = options;
  checkSignal(signal);
  const stdout = new Collected(maxOutputBytes);
  const stderr = new Collected(maxOutputBytes);
  const instance: WasmInstance = runtime.instantiate(
    module,
    { ...options.instance, wasi: { stdout, stderr, ...wasi } },
    account,
  );
  const { platform } = instance.instance.store;
  const before = instance.instance.endedCalls;
  const counted = () => {
    account.add(instance.instance.endedCalls === before ? undefined : instance.lastCallUsage, platform.monotonicNow());
  };
  return {
    instance,
    // A guest that nothing can interrupt cannot look at a signal.
    limits: (): CallOptions => ({
      ...account.left(instance.limits, platform.monotonicNow()),
      signal: instance.instance.interruptible ? signal : undefined,
    }),
    finish(exitCode: number): ProgramResult {
      counted();
      stdout.check();
      stderr.check();
      const { refused } = instance;
      return { exitCode, stdout: stdout.bytes, stderr: stderr.bytes, refused, usage: account.usage };
    },
    /** The reason for what a program does that cannot write. */
    failure(error: unknown): unknown {
      counted();
      return stdout.failure ?? stderr.failure ?? error;
    },
    end: () => instance.deinstantiate(),
  };
}

/** Keeps what a program writes, and whether it wanted to write more. */
class Collected extends OutputSink {
  readonly #most: number;
  #isFull = false;

  constructor(most: number) {
    super(most);
    this.#most = most;
  }
  override write(chunk: Uint8Array): number {
    if (chunk.length <= this.#most - this.length) return super.write(chunk);
    this.#isFull = true;
    throw new FileError('ENOSPC');
  }
  get failure() {
    return this.#isFull ? tooLong(this.#most) : undefined;
  }
  check(): void {
    if (this.#isFull) throw tooLong(this.#most);
  }
}
