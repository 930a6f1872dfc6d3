// One Extism guest's side of its host: the call that runs, variables that outlive calls, settings, and what the embedder granted.
// Refuses, by name, what was not granted.
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.js';
import type { LogLevel } from '../../platform/platform.js';
import type { Budget } from '../../runtime/budget.js';
import { PluginError } from '../../runtime/plugin-error.js';
import { KernelMemory } from './kernel-memory.js';

/** A function of the embedder over bytes. A promise only where the call can wait for one. */
export type BytesFunction = (inputs: readonly Uint8Array[]) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;

/** What an Extism guest may ask its host for. */
export interface ExtismGrants {
  /** Settings, by name. */
  readonly config?: ReadonlyMap<string, string> | undefined;
  /** Takes a request as JSON and its body; gives `{ status, headers }` as JSON and a body. */
  readonly http?: BytesFunction | undefined;
}

/** Where its log lines go, and which. */
export interface KernelLog {
  readonly level: LogLevel;
  write(level: LogLevel, text: string): void;
}
/** The guest, as far as it concerns its kernel. */
export interface KernelGuest {
  readonly budget: Budget;
  /** Run when the guest ends. */
  readonly disposers: (() => void)[];
}

/** Bytes of the kernel's memory. */
interface Place {
  readonly address: number;
  readonly length: number;
}

/** What a variable takes beside its name and bytes. */
const VARIABLE_BYTES = 64;

export class ExtismKernel {
  readonly memory = new KernelMemory();
  readonly #grants: ExtismGrants;
  readonly #variables = new Map<string, Uint8Array>();
  #payer: Budget | undefined;
  #log: KernelLog | undefined;
  input: Uint8Array = new Uint8Array(0);
  /** Address of the input as a block, where the guest asked for it. */
  #inputAddress = 0;
  #output: Place | undefined;
  #error: Place | undefined;
  /** The call that runs, by identity. */
  #call: object = {};
  #status = 0;
  #headers = '';

  constructor(grants: ExtismGrants) {
    this.#grants = grants;
  }

  /** When the guest asks for the first time: who pays, and where its log goes. */
  attach({ budget, disposers }: KernelGuest, log: KernelLog): void {
    this.#payer = budget;
    this.#log = log;
    this.memory.open(budget);
    disposers.push(() => {
      this.end();
      for (const [name, value] of this.#variables) budget.release(priceOf(name, value));
      this.#variables.clear();
    });
  }
  get isAttached(): boolean {
    return this.#payer !== undefined;
  }
  /** A call begins. */
  begin(input: Uint8Array): void {
    this.#call = {};
    this.input = input;
  }
  /** Where what the guest set in this call lies. */
  get result(): { readonly output: Place | undefined; readonly error: Place | undefined } {
    return { output: this.#output, error: this.#error };
  }
  /** A copy of what lies there now: since the guest set it, the memory may have moved, and the guest may have written. */
  read({ address, length }: Place): Uint8Array {
    return this.memory.bytesAt(address, length, 'output').slice();
  }
  /** A call has ended: what it exchanged is given up. */
  end(): void {
    this.#call = {};
    this.memory.close();
    this.input = new Uint8Array(0);
    this.#inputAddress = this.#status = 0;
    this.#output = this.#error = undefined;
    this.#headers = '';
  }

  get inputAddress(): number {
    if (this.#inputAddress === 0) this.#inputAddress = this.memory.store(this.input);
    return this.#inputAddress;
  }
  /** The guest may still write to it until the call ends. */
  setOutput(address: number, length: number): void {
    if (length !== 0) this.memory.check(address, length, 'output_set');
    this.#output = length === 0 ? undefined : { address, length };
  }
  setError(address: number): void {
    this.#error = { address, length: this.memory.block(address, 'error_set').length };
  }

  config(name: number): number {
    const value = this.#grants.config?.get(this.#text(name, 'config_get'));
    return value === undefined ? 0 : this.memory.store(encodeUtf8(value));
  }
  variable(name: number): number {
    const value = this.#variables.get(this.#text(name, 'var_get'));
    return value === undefined ? 0 : this.memory.store(value);
  }
  /** @param value 0: the variable goes */
  setVariable(name: number, value: number): void {
    const key = this.#text(name, 'var_set');
    const old = this.#variables.get(key);
    const bytes = value === 0 ? undefined : this.memory.block(value, 'var_set').slice();
    const more = bytes === undefined ? 0 : priceOf(key, bytes);
    if (more > 0 && !this.#payer!.take(more)) {
      throw new PluginError(
        'out-of-memory',
        `extism var_set: no room for ${bytes!.length} bytes: limits.memoryBytes allows more`,
      );
    }
    if (old !== undefined) this.#payer!.release(priceOf(key, old));
    if (bytes === undefined) this.#variables.delete(key);
    else this.#variables.set(key, bytes);
  }

  /** @returns the address of the answer's body; 0: it has none */
  http(request: number, body: number): number | Promise<number> {
    const { http } = this.#grants;
    if (http === undefined) {
      throw new PluginError(
        'not-granted',
        'extism http_request: the plugin was granted no network: see createPlugin, extism.http',
      );
    }
    const asked = this.memory.block(request, 'http_request').slice();
    const sent = body === 0 ? new Uint8Array(0) : this.memory.block(body, 'http_request').slice();
    const answer = http([asked, sent]);
    return this.whenGiven(answer, (given) => this.#take(given));
  }
  /** Goes on with what a function of the embedder gave, now or later: what comes after the end of the call that asked takes no memory. */
  whenGiven<T, R>(given: T | Promise<T>, goOn: (given: T) => R): R | Promise<R> {
    if (!(given instanceof Promise)) return goOn(given);
    const call = this.#call;
    return given.then((later) => {
      if (this.#call === call) return goOn(later);
      throw new PluginError('failed', 'extism: the answer came after the end of the call');
    });
  }
  #take([head, body]: readonly Uint8Array[]): number {
    const { status, headers } = JSON.parse(decodeUtf8(head!) ?? '{}') as { status: number; headers: object };
    this.#status = status;
    this.#headers = JSON.stringify(headers);
    return this.memory.store(body!);
  }
  get httpStatus(): number {
    return this.#status;
  }
  get httpHeaders(): number {
    return this.memory.store(encodeUtf8(this.#headers));
  }

  get logLevel(): LogLevel {
    return this.#log!.level;
  }
  log(level: LogLevel, text: number): void {
    const bytes = this.memory.block(text, 'log');
    this.#log!.write(level, decodeUtf8(bytes) ?? `${bytes.length} bytes that are no text`);
  }

  #text(address: number, what: string): string {
    const text = decodeUtf8(this.memory.block(address, what));
    if (text === undefined) throw new PluginError('invalid-text', `extism ${what}: the name is not UTF-8`);
    return text;
  }
}

function priceOf(name: string, value: Uint8Array): number {
  return VARIABLE_BYTES + name.length * 2 + value.length;
}
