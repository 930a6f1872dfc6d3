// A plugin as embedders call it: one call at a time, inputs and outputs of any form, and a fresh instance after whatever went wrong.
// Refuses calls after its end.
// So that programs which compile against this package need no newer library than es2022.
/// <reference lib="esnext.disposable" preserve="true" />
import { quote } from '../../base/quote.js';
import { decodeUtf8 } from '../../base/utf8.js';
import { asyncDispose } from '../../enclave/untrusted/client.js';
import { aSignal, aString, type Checks, checkArgument, checkOptions } from '../../runtime/check-options.js';
import { checkSignal } from '../../runtime/meter.js';
import { DEFAULT_MAX_OUTPUT_BYTES, limitChecks } from '../../runtime/option-tables.js';
import { PluginError, type PluginFault } from '../../runtime/plugin-error.js';
import { signalError, UsageError } from '../../wasm/errors.js';
import { conventionOf, type PluginConvention } from '../guest/convention.js';
import type { PluginBackend, PluginCallOptions } from './backend.js';
import { encodeInput, type PluginInput, PluginOutput } from './plugin-data.js';
import { checkFits, type PluginSettings } from './plugin-options.js';

const CALL_OPTIONS: Checks<PluginCallOptions> = { ...limitChecks('call'), signal: aSignal };
/** Faults that a call ends with in an orderly way: the instance goes on. */
const ORDERLY: ReadonlySet<PluginFault> = new Set(['no-function', 'failed']);
/** Characters of a program's standard error that its error quotes. */
const QUOTED_CHARS = 1_000;

/** A plugin: bytes, texts or JSON in, the same out. */
export class Plugin {
  /** The convention that it is called by. */
  readonly convention: PluginConvention;
  readonly #backend: PluginBackend;
  readonly #maxOutputBytes: number;
  /** The calls before the next one. */
  #last: Promise<unknown> = Promise.resolve();
  #isOpen = false;
  #closed: Promise<void> | undefined;

  /** @internal Use createPlugin. @throws PluginError 'no-convention'; UsageError for options that the convention has no use for */
  constructor(backend: PluginBackend, options: PluginSettings) {
    this.#backend = backend;
    this.#maxOutputBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    this.convention = conventionOf(backend.names, options.convention);
    checkFits(this.convention, options);
  }

  /** Makes the instance, if it lives between calls. @internal */
  async open(): Promise<void> {
    if (this.convention === 'wasi-command' || this.#isOpen) return;
    await this.#backend.open(this.convention);
    this.#isOpen = true;
  }

  /** The names that it exports. */
  get exports(): readonly string[] {
    return this.#backend.names.exports.map(({ name }) => name);
  }

  /**
   * Calls a function of the plugin. Calls that come while one runs wait for their turn. After a trap, a limit or a broken convention the next
   * call begins with a new instance; after a `failed` the same goes on.
   * @param name an exported function; of a `wasi-command` '_start'
   * @param input bytes, a text, or what goes as JSON; undefined: nothing
   * @throws PluginError, by its `fault`; Trap, LimitError and what else a guest's call throws; what functions of yours throw; EnclaveError
   */
  call(name: string, input?: PluginInput, options: PluginCallOptions = {}): Promise<PluginOutput> {
    let isWaiting = true;
    const turn = this.#last.then(async () => {
      isWaiting = false;
      return this.#call(name, input, options);
    });
    this.#last = turn.catch(() => {});
    return orAborted(turn, options, () => isWaiting);
  }
  async #call(name: string, given: PluginInput, options: PluginCallOptions): Promise<PluginOutput> {
    if (this.#closed) throw new UsageError('the plugin is closed');
    checkArgument(name, aString, 'plugin.call: the name');
    const checked = checkOptions<PluginCallOptions>(options, CALL_OPTIONS, 'plugin.call options');
    checkSignal(checked.signal);
    const { input, isText } = encodeInput(given);
    const maxOutputBytes = this.#maxOutputBytes;
    if (this.convention === 'wasi-command') return this.#run(name, input, checked);
    await this.open();
    // Nothing of the plugin has been touched, so it stays as it is.
    checkSignal(checked.signal);
    try {
      const { output, usage } = await this.#backend.call({ name, input, isText, maxOutputBytes }, checked);
      return new PluginOutput(output, usage);
    } catch (error) {
      if (!(error instanceof PluginError && ORDERLY.has(error.fault))) await this.#drop();
      throw error;
    }
  }
  async #run(name: string, input: Uint8Array, options: PluginCallOptions): Promise<PluginOutput> {
    if (name !== '_start') {
      throw new PluginError('no-function', `the plugin is a program: its function is '_start', not '${quote(name)}'`);
    }
    const { exitCode, stdout, stderr, refused, usage } = await this.#backend.run(input, this.#maxOutputBytes, options);
    if (exitCode === 0) return new PluginOutput(stdout, usage);
    const said = (decodeUtf8(stderr) ?? '').trim().slice(-QUOTED_CHARS);
    const ended = `the program ended with exit code ${exitCode}${refused === undefined ? '' : `, after ${refused}`}`;
    throw new PluginError('failed', `${ended}${said && `: ${said}`}`, exitCode);
  }
  async #drop(): Promise<void> {
    this.#isOpen = false;
    await this.#backend.drop();
  }

  /** Ends it when the calls before have ended, with all that it had; an enclave that was there before stays. */
  close(): Promise<void> {
    this.#closed ??= this.#last.then(() => this.#backend.close());
    return this.#closed;
  }
  /** `await using` closes it with its block. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A call that still waits for its turn ends when its signal is aborted; one that runs sees the signal itself. */
function orAborted<T>(turn: Promise<T>, { signal }: PluginCallOptions = {}, isWaiting: () => boolean): Promise<T> {
  if (typeof signal?.addEventListener !== 'function') return turn;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      if (isWaiting()) reject(signalError(signal));
    };
    signal.addEventListener('abort', onAbort);
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}
