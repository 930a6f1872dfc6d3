// The functions that there are, by name, each in one version. A call keeps the version that it began with; an old one is drained when its calls have
// ended. Refuses what inspection refuses: then the version before stays.
import { createHash } from 'node:crypto';
import type { PoolProgram } from 'enclasm/enclave';
import type { Convention, Definition, Limits } from '../config/schema.js';
import type { GuestFunction } from '../guests/guest.js';

/** One version of a function. */
export class FunctionVersion implements GuestFunction {
  readonly name: string;
  readonly convention: Convention;
  readonly definition: Definition;
  readonly program: PoolProgram;
  readonly sha256: string;
  /** The module. */
  readonly bytes: Uint8Array;
  /** When it was made, in milliseconds since 1970. */
  readonly since = Date.now();
  #running = 0;
  #limits: { readonly defaults: Limits; readonly all: Limits } | undefined;
  #onDrained: (() => void) | undefined;

  constructor(given: GuestFunction & { readonly sha256: string; readonly bytes: Uint8Array }) {
    this.name = given.name;
    this.convention = given.convention;
    this.definition = given.definition;
    this.program = given.program;
    this.sha256 = given.sha256;
    this.bytes = given.bytes;
  }
  /** Its own limits, else the server's: the same object while those are the same. */
  limits(defaults: Limits): Limits {
    if (this.#limits?.defaults !== defaults) this.#limits = { defaults, all: limitsOf(this.definition, defaults) };
    return this.#limits.all;
  }
  get running(): number {
    return this.#running;
  }
  /** A call begins. @returns what ends it */
  begin(): () => void {
    this.#running++;
    return () => {
      if (--this.#running === 0) this.#onDrained?.();
    };
  }
  /** Resolves when its calls have ended: no more begin. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running === 0) resolve();
      else this.#onDrained = resolve;
    });
  }
}

/** What makes versions, for the registry. */
export interface Maker {
  /** @throws Problem */
  inspect(name: string, bytes: Uint8Array, definition: Definition): Promise<Convention>;
  program(bytes: Uint8Array): PoolProgram;
}
/** Is told of what changes. */
export interface RegistryListener {
  changed(name: string, version: FunctionVersion | undefined): void;
  drained(version: FunctionVersion): void;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
/** The limits of a function: its own, else the server's. */
export function limitsOf({ limits }: Definition, defaults: Limits): Limits {
  return { ...defaults, ...(limits as Partial<Limits>) };
}

export class Registry {
  readonly #versions = new Map<string, FunctionVersion>();
  readonly #maker: Maker;
  readonly #listener: RegistryListener;

  constructor(maker: Maker, listener: RegistryListener) {
    this.#maker = maker;
    this.#listener = listener;
  }
  get all(): readonly FunctionVersion[] {
    return [...this.#versions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  get(name: string): FunctionVersion | undefined {
    return this.#versions.get(name);
  }

  /** Makes a version that does not serve yet. @throws Problem 'invalid-definition' */
  async prepare(name: string, bytes: Uint8Array, definition: Definition): Promise<FunctionVersion> {
    const convention = await this.#maker.inspect(name, bytes, definition);
    const program = this.#maker.program(bytes);
    return new FunctionVersion({ name, convention, definition, program, sha256: sha256Of(bytes), bytes });
  }
  /** Calls that begin from now on get this version. */
  commit(version: FunctionVersion): void {
    const before = this.#versions.get(version.name);
    this.#versions.set(version.name, version);
    this.#listener.changed(version.name, version);
    if (before) this.#retire(before);
  }
  /** @returns whether there was one */
  remove(name: string): boolean {
    const before = this.#versions.get(name);
    if (before === undefined) return false;
    this.#versions.delete(name);
    this.#listener.changed(name, undefined);
    this.#retire(before);
    return true;
  }
  #retire(version: FunctionVersion): void {
    void version.drained().then(() => this.#listener.drained(version));
  }
}
