// The embedder's natives, by the numbers that the trusted side calls them with, and the embedder's objects that guests hold as externrefs.
// Refuses numbers it never gave or gave in an earlier turn, and arguments that do not fit the function's signature.
import { HandleError, HandleTable, UsageError } from '../protocol/enclave-errors.js';
import {
  GuestBuffer,
  GuestReference,
  type Handle,
  HostReference,
  type WireArgument,
  type WireValue,
} from '../protocol/fields.js';
import { type ArgumentCheck, argumentCheck } from '../protocol/native-arguments.js';
import type { OcallArgs, OcallResult } from '../protocol/ocalls.js';
import type { NativeTable } from '../protocol/structures.js';

/** The caller of a native. */
export interface NativeCaller {
  /** The handle of the instance that called, for commands that the native sends; 0 while a start function runs. */
  readonly instance: Handle<'instance'>;
}

/**
 * A native of the embedder's. Its arguments follow the signature: numbers, bigints, strings ($), a Uint8Array that is copied in and back (*~), a
 * GuestAddress (*), JavaScript values for externrefs. It returns the result, an array where there are several, or a promise of either.
 */
export interface NativeDefinition {
  /** The name of the import. */
  readonly symbol: string;
  /** WAMR's notation, as `(ii*~$)i`. */
  readonly signature?: string | undefined;
  /** The function, which runs on the untrusted side. */
  readonly func: (caller: NativeCaller, ...args: never[]) => unknown;
  /** Whether it returns a promise. */
  readonly async?: boolean | undefined;
}

type MaybePromise<T> = T | Promise<T>;
/** A function of the host over bytes. */
export type BytesFunction = (inputs: readonly Uint8Array[]) => MaybePromise<readonly Uint8Array[]>;

type Func = (caller: NativeCaller, ...args: unknown[]) => unknown;

/** The most objects of the embedder that guests may hold at once. */
const MAX_REFERENCES = 65_536;

export class NativeService {
  /** The functions registered in the present turn of a tenant, by number. */
  readonly #functions = new Map<number, { readonly func: Func; readonly check: ArgumentCheck }>();
  readonly #bytesFunctions = new Map<number, BytesFunction>();
  /** The calls that wait for a function of a number: each ends when the number is taken back. */
  readonly #awaited = new Map<number, Set<(error: UsageError) => void>>();
  #next = 0;
  #references = new HandleTable<{ readonly object: { readonly value: unknown } }>(['object'], MAX_REFERENCES);
  /** The numbers that objects have already, so that the same object is the same externref. */
  readonly #numbers = new Map<unknown, number>();

  /**
   * Gives functions their numbers, which initRuntime and registerNatives send.
   * @throws UsageError for what is no list of functions, and for a signature that is none
   */
  define(moduleName: string, symbols: readonly NativeDefinition[]): NativeTable {
    if (!Array.isArray(symbols)) throw new UsageError('natives: an array of { symbol, signature, func } is wanted');
    for (const one of symbols as readonly (NativeDefinition | null | undefined)[]) {
      if (typeof one?.func !== 'function') throw new UsageError(`natives: '${one?.symbol}' has no function`);
    }
    return {
      moduleName,
      symbols: symbols.map(({ symbol, signature, func, async = false }) => {
        const id = this.#next++;
        this.#functions.set(id, { func: func as Func, check: argumentCheck(symbol, signature) });
        return signature === undefined ? { symbol, id, async } : { symbol, signature, id, async };
      }),
    };
  }

  /** A function over bytes gets a number: what callBytes names. */
  defineBytes(func: BytesFunction): number {
    const id = this.#next++;
    this.#bytesFunctions.set(id, func);
    return id;
  }
  /** Host objects that guests may hold now. */
  get references(): number {
    return this.#references.count();
  }
  /** Takes back numbers that were given: a call that still names one is refused. */
  revoke(ids: Iterable<number>): void {
    for (const id of ids) {
      this.#functions.delete(id);
      this.#bytesFunctions.delete(id);
      for (const giveUp of this.#awaited.get(id) ?? []) giveUp(this.#unknown(id));
    }
  }
  /** Waits for a function, but not after its number was taken back. */
  #unlessRevoked<T>(id: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = this.#awaited.get(id) ?? new Set();
      this.#awaited.set(id, waiting.add(reject));
      work.then(resolve, reject).finally(() => {
        waiting.delete(reject);
        if (waiting.size === 0) this.#awaited.delete(id);
      });
    });
  }
  callBytes({ id, inputs }: OcallArgs<'callBytes'>): MaybePromise<OcallResult<'callBytes'>> {
    const func = this.#bytesFunctions.get(id);
    if (!func) throw this.#unknown(id);
    // Copies: the function may keep them.
    const outputs = func(inputs.map((input) => input.slice()));
    if (!(outputs instanceof Promise)) return { outputs };
    return this.#unlessRevoked(id, outputs).then((later) => ({ outputs: later }));
  }

  call({
    id,
    instance,
    values,
  }: OcallArgs<'callNative'>): OcallResult<'callNative'> | Promise<OcallResult<'callNative'>> {
    const entry = this.#functions.get(id);
    if (!entry) throw this.#unknown(id);
    entry.check(values);
    const args = values.map((value) => this.fromWire(value));
    const finish = (returned: unknown): OcallResult<'callNative'> => ({
      values: this.#results(returned),
      buffers: values.flatMap((value) => (value instanceof GuestBuffer ? [value.bytes] : [])),
    });
    const returned = entry.func({ instance }, ...args);
    return returned instanceof Promise ? this.#unlessRevoked(id, returned).then(finish) : finish(returned);
  }

  /** Converts a value that crossed to one for the embedder. */
  fromWire(value: WireArgument): unknown {
    if (value instanceof GuestBuffer) return value.bytes;
    return value instanceof HostReference ? this.#named(() => this.#references.get('object', value.id).value) : value;
  }
  /** Converts a value of the embedder to one that crosses: objects become references. */
  toWire(value: unknown): WireValue {
    if (value === null || value === undefined) return null;
    if (typeof value === 'number' || typeof value === 'bigint') return value;
    if (value instanceof GuestReference || value instanceof HostReference) return value;
    if (value instanceof Uint8Array && value.length === 16) return value;
    const known = this.#numbers.get(value);
    if (known !== undefined) return new HostReference(known);
    const number = this.#named(() => this.#references.add('object', { value }));
    this.#numbers.set(value, number);
    return new HostReference(number);
  }
  /** Drops every object that guests held, because their runtime has ended. */
  clearReferences(): void {
    this.#references.clear();
    this.#numbers.clear();
  }

  /** The number of objects and functions that ever got a number; two such counts differ if something was granted between them. */
  get given(): number {
    return this.#next + this.#references.given;
  }
  /** Drops every function and object; their numbers are never used again. */
  endTurn(): void {
    this.#functions.clear();
    this.#bytesFunctions.clear();
    this.clearReferences();
  }

  #unknown(id: number): UsageError {
    return new UsageError(`native ${id} ${id < this.#next ? 'belongs to a turn that has ended' : 'was never given'}`);
  }
  #named<T>(look: () => T): T {
    try {
      return look();
    } catch (error) {
      throw error instanceof HandleError ? new UsageError(error.message) : error;
    }
  }
  #results(returned: unknown): WireValue[] {
    if (returned === undefined) return [];
    return (Array.isArray(returned) ? returned : [returned]).map((value) => this.toWire(value));
  }
}
