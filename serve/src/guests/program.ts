// A program for each call: the body is its standard input, its standard output the answer. Refuses nothing to what it writes: limits do.
import type { EnclavePool, PreparedJob } from 'enclasm/enclave';
import { Leave } from '../admission/leaving.js';
import type { Limits } from '../config/schema.js';
import { Problem } from '../problems/problem.js';
import { bounded } from './exchange.js';
import { type GuestCall, type GuestFunction, HARD_STOP_MS } from './guest.js';

/** Takes a program's output. */
export interface OutputReader {
  write(bytes: Uint8Array): void | Promise<void>;
  /** Its output is whole. @throws Problem where it is no answer */
  end(): void;
}

/** Bytes of standard error that are kept: its end. */
const KEPT_BYTES = 4_096;
/** Milliseconds for which the enclave may hold back what a program writes: a short answer comes with its end, in one crossing. */
const HELD_MS = 50;

/** @throws Problem 'guest-failed' and 'limit' for an exit code other than 0; 'body-too-large'; what the pool throws */
export async function runProgram(
  pool: EnclavePool,
  call: GuestCall,
  env: Readonly<Record<string, string>> | undefined,
  output: OutputReader,
): Promise<void> {
  const { bodyBytes, timeoutMs } = call.limits;
  const ended = new Leave();
  const leave = (): void => ended.abort();
  let fault: Problem | undefined;
  const end = (problem: Problem): void => {
    fault ??= problem;
    ended.abort();
  };
  const errors = new Tail(KEPT_BYTES);
  const { definition } = call.function;
  const job = preparedOf(pool, call).with({
    ...(env !== undefined && { env: { ...definition.env, ...env } }),
    stdin: bounded(call.request.body, bodyBytes, end),
    stdout: definition.stream && !call.answer.isWhole ? passing(output, end) : undefined,
    stderr: (bytes: Uint8Array) => errors.add(bytes),
    used: call.used,
    fuel: call.fuel,
  });
  call.signal.addEventListener('abort', leave);
  if (call.signal.aborted) leave();
  try {
    const { exitCode, refused, stdout } = await pool.run(call.tenant, job, {
      signal: ended,
      timeoutMs: timeoutMs + HARD_STOP_MS,
    });
    if (fault) throw fault;
    if (exitCode !== 0) throw exited(exitCode, refused);
    if (stdout.length > 0) await output.write(stdout);
    output.end();
  } catch (error) {
    throw fault ?? error;
  } finally {
    call.signal.removeEventListener('abort', leave);
    if (errors.length > 0) call.said(errors.text);
  }
}

/** What is the same for all calls of a version, for as long as its limits are these. */
const prepared = new WeakMap<GuestFunction, { readonly limits: Limits; readonly job: PreparedJob }>();
function preparedOf(pool: EnclavePool, { function: version, limits }: GuestCall): PreparedJob {
  const known = prepared.get(version);
  if (known?.limits === limits) return known.job;
  const { name, program, definition } = version;
  const { bodyBytes: _, ...guestLimits } = limits;
  const job = pool.prepare({
    module: program,
    args: [name, ...definition.args],
    env: definition.env,
    preopens: definition.directories,
    holdOutputMs: HELD_MS,
    limits: guestLimits,
    mode: definition.mode,
    deterministic: definition.deterministic,
    maxOutputBytes: limits.outputBytes,
  });
  prepared.set(version, { limits, job });
  return job;
}

/** Takes a program's output as it comes. @param end is told what is wrong with it */
function passing(output: OutputReader, end: (problem: Problem) => void): (bytes: Uint8Array) => void | Promise<void> {
  return (bytes) => {
    try {
      return output.write(bytes)?.catch(end);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      end(error);
      return undefined;
    }
  };
}

function exited(exitCode: number, refused: string | undefined): Problem {
  const after = refused === undefined ? '' : `, after ${refused}`;
  return new Problem(
    refused === undefined ? 'guest-failed' : 'limit',
    `the program ended with exit code ${exitCode}${after}`,
    {
      members: { exitCode },
    },
  );
}

/** The end of what was written. */
class Tail {
  readonly #most: number;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(most: number) {
    this.#most = most;
  }
  add(bytes: Uint8Array): void {
    this.#bytes = Uint8Array.from(Buffer.concat([this.#bytes, bytes.subarray(-this.#most)]).subarray(-this.#most));
  }
  get length(): number {
    return this.#bytes.length;
  }
  get text(): string {
    return new TextDecoder().decode(this.#bytes);
  }
}
