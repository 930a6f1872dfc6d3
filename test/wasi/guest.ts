// A guest that is a test: calls our WASI imports directly, with a memory of its own, as an engine would.
import { afterEach } from 'vitest';
import { createWasi, type WasiOptions, type WasiState } from '#src/imports/wasi/index.js';
import type { WasiDefaults } from '#src/imports/wasi/wasi-options.js';
import { ERRNO_NAMES } from '#src/platform/errno.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { Budget } from '#src/runtime/budget.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { MemoryViews } from '#src/runtime/memory.js';
import { Meter, type MeterSettings } from '#src/runtime/meter.js';
import { Slots } from '#src/runtime/slots.js';
import { I64 } from '#src/wasm/types.js';
import { nothingUsed, type Usage } from '#src/wasm/usage-table.js';
import { wasiImports } from './imports.js';

export type ModuleName = 'wasi_snapshot_preview1' | 'wasi_unstable';

export const platform = nodePlatform();

/** An environment for host functions without an engine: a meter, usage, and the memory that `views` gives. */
export function bareEnv(
  views: () => MemoryViews,
  settings: MeterSettings = {},
  budget = new Budget(Number.POSITIVE_INFINITY),
): ExecEnv & { usage: Usage } {
  const meter = new Meter(platform);
  meter.begin(settings);
  const usage = nothingUsed();
  const memory = {
    get views() {
      return views();
    },
  };
  const instance = { memories: [memory], usage, disposers: [], budget };
  return { store: { meter }, instance, usage } as unknown as ExecEnv & { usage: Usage };
}

export class Guest {
  readonly wasi: WasiState;
  readonly env: ExecEnv & { usage: Usage };
  readonly views: MemoryViews;
  readonly #slots = new Slots(16);
  readonly #imports;
  /** Next free byte, see place(). */
  #top = 1_024;

  constructor(
    options: WasiOptions = {},
    more: {
      defaults?: WasiDefaults;
      meter?: MeterSettings;
      module?: ModuleName;
      memoryBytes?: number;
      budget?: Budget;
    } = {},
  ) {
    this.views = new MemoryViews(new ArrayBuffer(more.memoryBytes ?? 1 << 20), 0, more.memoryBytes ?? 1 << 20);
    this.env = bareEnv(() => this.views, more.meter, more.budget);
    this.wasi = createWasi(options, platform, more.defaults);
    this.#imports = wasiImports(this.wasi)[more.module ?? 'wasi_snapshot_preview1'];
  }
  /** Calls and returns the errno's name. */
  call(name: string, ...args: (number | bigint)[]): string {
    const found = this.#imports[name]!;
    args.forEach((value, k) => {
      this.#slots.i32[4 * k] = Number(BigInt.asIntN(32, BigInt(value)));
      if (found.params[k] === I64) this.#slots.i32[4 * k + 1] = Number(BigInt.asIntN(32, BigInt(value) >> 32n));
    });
    if (args.length !== found.params.length) throw new Error(`${name} takes ${found.params.length} arguments`);
    const pending = found.code(this.env, this.#slots);
    if (pending) throw new Error(`${name} is async`);
    return ERRNO_NAMES[this.#slots.i32[0]!]!;
  }
  /** Puts bytes into memory; returns where. */
  place(content: string | Uint8Array | number): number {
    const bytes = typeof content === 'number' ? new Uint8Array(content) : Buffer.from(content as string);
    const at = this.#top;
    this.#top = (this.#top + bytes.length + 15) & ~7;
    this.views.u8.set(bytes, at);
    return at;
  }
  u32(at: number): number {
    return this.views.data.getUint32(at, true);
  }
  u64(at: number): bigint {
    return this.views.data.getBigUint64(at, true);
  }
  text(at: number, length: number): string {
    return Buffer.from(this.views.u8.subarray(at, at + length)).toString();
  }
  /** A path as the two arguments that calls take. */
  path(text: string | Uint8Array): [number, number] {
    return [this.place(text), typeof text === 'string' ? Buffer.byteLength(text) : text.length];
  }
  iovec(...buffers: readonly (readonly [pointer: number, length: number])[]): [number, number] {
    const at = this.place(buffers.length * 8);
    buffers.forEach(([pointer, length], i) => {
      this.views.data.setUint32(at + i * 8, pointer, true);
      this.views.data.setUint32(at + i * 8 + 4, length, true);
    });
    return [at, buffers.length];
  }
  /** path_open; returns the descriptor, or the errno's name. */
  open(
    fd: number,
    path: string,
    how: { follow?: boolean; oflags?: number; rights?: bigint; inheriting?: bigint; fdflags?: number } = {},
  ): number | string {
    const top = this.#top;
    const result = this.place(4);
    const errno = this.call(
      'path_open',
      fd,
      how.follow === false ? 0 : 1,
      ...this.path(path),
      how.oflags ?? 0,
      how.rights ?? FILE_RIGHTS,
      how.inheriting ?? FILE_RIGHTS,
      how.fdflags ?? 0,
      result,
    );
    const fdOut = this.u32(result);
    this.#top = top;
    return errno === 'ESUCCESS' ? fdOut : errno;
  }
  write(fd: number, content: string | Uint8Array): number | string {
    const top = this.#top;
    const result = this.place(4);
    const errno = this.call('fd_write', fd, ...this.iovec(this.path(content)), result);
    const bytes = this.u32(result);
    this.#top = top;
    return errno === 'ESUCCESS' ? bytes : errno;
  }
  read(fd: number, length: number): string {
    const top = this.#top;
    const buffer = this.place(length);
    const result = this.place(4);
    const errno = this.call('fd_read', fd, ...this.iovec([buffer, length]), result);
    const text = this.text(buffer, this.u32(result));
    this.#top = top;
    return errno === 'ESUCCESS' ? text : errno;
  }
  close(): void {
    this.wasi.close();
  }
}

/** All rights but reading and writing. */
const OTHER_RIGHTS = (1n << 30n) - 1n - 2n - 64n - 256n - (1n << 22n);
export const READ_RIGHTS = OTHER_RIGHTS | 2n;
/** All. */
export const FILE_RIGHTS = (1n << 30n) - 1n;
export const OFLAGS = { creat: 1, directory: 2, excl: 4, trunc: 8 };

/** Makes guests that are closed after the test. */
export function guestsOfTests(): (...args: ConstructorParameters<typeof Guest>) => Guest {
  const guests: Guest[] = [];
  afterEach(() => {
    for (const made of guests.splice(0)) made.close();
  });
  return (...args) => {
    const made = new Guest(...args);
    guests.push(made);
    return made;
  };
}
