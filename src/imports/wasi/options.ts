// What an embedder may grant a WASI guest, and the defaults: nothing. Refuses options it does not know, by name.
import type { FileSystem } from '../../platform/files.js';
import { UsageError } from '../../wasm/errors.js';
import type { FixedClockOptions, WasiClock } from './clock.js';
import type { NetworkOptions } from './network.js';
import type { RandomFill } from './random.js';
import type { InputOption, OutputOption } from './stdio.js';

/** A host directory by its path, or any file system. */
export type Preopen =
  | string
  | { readonly path: string; readonly readOnly?: boolean }
  | { readonly fileSystem: FileSystem; readonly readOnly?: boolean }
  | FileSystem;

export interface WasiOptions extends NetworkOptions {
  /** argv, the program's name first; none unless given. */
  readonly args?: readonly string[];
  /** Environment variables; undefined values are left out; none unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the guest finds at which path: `{ '/data': '/srv/data' }`; nothing unless given. */
  readonly preopens?: Readonly<Record<string, Preopen>>;
  /** 'ignore' unless given: reads end at once, writes vanish. */
  readonly stdin?: InputOption;
  readonly stdout?: OutputOption;
  readonly stderr?: OutputOption;
  /** 'host' unless given, or fixed where the instance is deterministic. */
  readonly clock?: 'host' | FixedClockOptions | WasiClock;
  /** How fine the host's clock looks to the guest, in nanoseconds: 1,000,000 unless given, 1 for all there is. */
  readonly clockResolution?: number | bigint;
  /** 'host' unless given, or a seed of 0 where the instance is deterministic. */
  readonly random?: 'host' | number | bigint | RandomFill;
  /** Descriptors at once, the standard streams and preopens included: 512 unless given. Beyond it: EMFILE. */
  readonly maxOpenFiles?: number;
  /** Bytes that may be written to files and streams since birth; no limit unless given. Beyond it: LimitError outputBytes. */
  readonly maxOutputBytes?: number;
  /** For users of node:wasi: only true is possible, this runtime never ends the process. */
  readonly returnOnExit?: true;
}

/** What the instance says where the options say nothing. */
export interface WasiDefaults {
  readonly deterministic?: boolean;
  /** limits.openFiles */
  readonly openFiles?: number | undefined;
  /** limits.outputBytes */
  readonly outputBytes?: number | undefined;
}

const KNOWN: Readonly<Record<keyof WasiOptions, true>> = {
  args: true,
  env: true,
  preopens: true,
  stdin: true,
  stdout: true,
  stderr: true,
  clock: true,
  clockResolution: true,
  random: true,
  maxOpenFiles: true,
  maxOutputBytes: true,
  returnOnExit: true,
  addressPool: true,
  allowResolve: true,
};

/** @throws UsageError that names the first option that is unknown or wrong. */
export function checkOptions(options: WasiOptions): void {
  for (const name of Object.keys(options)) {
    if (!(name in KNOWN)) {
      throw new UsageError(`unknown WASI option '${name}': known are ${Object.keys(KNOWN).join(', ')}`);
    }
  }
  if ((options.returnOnExit as unknown) === false) {
    throw new UsageError('returnOnExit: false would end the process when the guest exits; this runtime never does');
  }
  for (const argument of options.args ?? []) refuseNul('args', argument);
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (name === '' || name.includes('=')) throw new UsageError(`env: '${name}' cannot be a variable's name`);
    refuseNul('env', name);
    if (value !== undefined) refuseNul('env', value);
  }
  for (const guestPath of Object.keys(options.preopens ?? {})) {
    if (guestPath === '') throw new UsageError("preopens: '' is no guest path; use '.' or '/'");
    refuseNul('preopens', guestPath);
  }
}

export function refuseNul(option: string, text: unknown): void {
  if (typeof text !== 'string') throw new UsageError(`${option}: ${String(text)} is not a string`);
  if (text.includes('\0')) throw new UsageError(`${option}: a string with a NUL cannot be passed to a guest`);
}
