// Runs modules that were compiled ahead of time. It makes no code from text. Refuses, with an AotError, files of another format or of another
// module, truncated and edited ones.
import { decodeBase64 } from '../../base/base64.js';
import { sha256 } from '../../base/sha256.js';
import type { Engine, Fallback } from '../../runtime/engine.js';
import { SHARED_BUFFER_THREADS } from '../../runtime/shared-buffer-memory.js';
import { UsageError } from '../../wasm/errors.js';
import type { ValidatedModule } from '../../wasm/module.js';
import type { FuncType } from '../../wasm/types.js';
import {
  AotError,
  type AotExports,
  type AotHeader,
  type AotVariant,
  checkFormat,
  codeHash,
  LINK_START,
  SIGNATURES_START,
} from './aot-format.js';
import type { Adapter, ChunkFactory, ModuleCode, SignaturePair } from './code-source.js';
import type { EmitOptions, Shape } from './emit-options.js';
import { contextOf, JsModule } from './js-engine.js';
import type { Enter } from './js-function.js';
import { signatureKey } from './js-signature.js';
import { SHARED_NAMES } from './shared-names.js';

/** A compiled file that was checked: the result of `loadAot`, which `aotEngine` runs. */
export class AotModule {
  /** What the file states about itself. */
  readonly header: AotHeader;
  /** The WebAssembly module inside, or undefined if it was left out. */
  readonly wasm: Uint8Array | undefined;
  /** From where a worker can import the file; undefined: nobody has said it. */
  readonly url: string | undefined;
  /** @internal */
  readonly variants: readonly AotVariant[];
  /** @internal */
  readonly signatures: Readonly<Record<string, SignaturePair>>;

  /** @internal Use loadAot. */
  constructor(exports: AotExports, wasm: Uint8Array | undefined, url: string | undefined) {
    this.header = exports.header;
    this.wasm = wasm;
    this.url = url;
    this.variants = exports.variants;
    this.signatures = exports.signatures(SHARED_NAMES);
  }
}

/**
 * Takes what a compiled file exports (`import * as compiled from './module.mjs'`).
 * @param verify false: the code may have been reformatted by a bundler, so its hash is not checked
 * @param url of the file: threads of a guest in workers need it, as each worker imports the file for itself
 * @throws AotError
 */
export function loadAot(exports: unknown, verify = true, url?: string): AotModule {
  try {
    return checkedExports(exports, verify, url);
  } catch (error) {
    if (error instanceof AotError) throw error;
    // The error comes from a malformed header or variant, or from a getter.
    throw new AotError('not-aot', NOT_AOT, { cause: error });
  }
}

const NOT_AOT = 'these are not the exports of a file that was compiled ahead of time';

function checkedExports(exports: unknown, verify: boolean, url: string | undefined): AotModule {
  const given = exports as Partial<AotExports> | null;
  if (typeof given !== 'object' || given === null || typeof given.header?.format !== 'number') {
    throw new AotError('not-aot', NOT_AOT);
  }
  checkFormat(given.header.format);
  const { header, variants, signatures, wasm, end } = given;
  if (
    !Array.isArray(variants) ||
    typeof signatures !== 'function' ||
    typeof wasm !== 'string' ||
    end !== header.codeHash
  ) {
    throw new AotError('truncated', 'the compiled file is not complete');
  }
  if (verify) verifyCode(given as AotExports);
  const bytes = wasm === '' ? undefined : decodeBase64(wasm);
  if (wasm !== '' && (bytes === undefined || (verify && sha256(bytes) !== header.wasmHash))) {
    throw new AotError('edited', 'the WebAssembly module inside the compiled file was changed');
  }
  return new AotModule(given as AotExports, bytes, url);
}

/**
 * Checks the texts of the code against their hash where the host gives them as they were written. Hermes gives none, and Bun's loader writes programs
 * anew.
 */
function verifyCode({ header, variants, signatures }: AotExports): void {
  const texts = [signatures, ...variants.map(({ link }) => link)].map(String);
  const asWritten = texts.every((text, k) => text.startsWith(k === 0 ? SIGNATURES_START : LINK_START));
  if (asWritten && codeHash(texts) !== header.codeHash) {
    throw new AotError('edited', 'the code of the compiled file was changed: its hash does not fit');
  }
}

/** Returns how much more a variant of the code does than is requested; Infinity if it cannot do what is requested. */
function excess(offered: EmitOptions, wanted: EmitOptions): number {
  let count = 0;
  for (const name of ['metered', 'deterministic', 'depth'] as const) {
    if (wanted[name] && !offered[name]) return Number.POSITIVE_INFINITY;
    if (offered[name] && !wanted[name]) count++;
  }
  for (const name of ['functions', 'places'] as const) {
    if (wanted.observed?.[name] && !offered.observed?.[name]) return Number.POSITIVE_INFINITY;
    if (offered.observed?.[name] && !wanted.observed?.[name]) count++;
  }
  if (wanted.ticks && !offered.ticks && !offered.metered) return Number.POSITIVE_INFINITY;
  return offered.ticks && !wanted.ticks ? count + 1 : count;
}

class AotCode implements ModuleCode {
  readonly #module: AotModule;

  constructor(module: AotModule) {
    this.#module = module;
  }
  readonly linksAnew = false;
  get shape(): Shape {
    return this.#module.variants[0]?.options.shape ?? 'optimizing';
  }
  get url(): string | undefined {
    return this.#module.url;
  }

  chunkOf(index: number, options: EmitOptions): ChunkFactory | undefined {
    if (this.#module.header.left.includes(index)) return undefined;
    let best: AotVariant | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const variant of this.#module.variants) {
      const more = excess(variant.options, options);
      if (more < least) {
        least = more;
        best = variant;
      }
    }
    if (best) return best.link;
    const wanted = [
      options.metered && 'fuel',
      options.ticks && 'a deadline',
      options.depth && 'a limit of calls or stack',
      options.deterministic && 'canonical NaNs',
    ].filter((one) => one !== false);
    if (options.observed) {
      throw new UsageError(
        "the module was compiled ahead of time without what observers are told (a profile, coverage): compile it with 'enclasm compile --observed', or use mode jit",
      );
    }
    const how = options.deterministic ? "'enclasm compile --deterministic --metered'" : "'enclasm compile --metered'";
    throw new UsageError(
      `the module was compiled ahead of time without the ability to keep ${wanted.join(' and ')}, which its limits or a report of its fuel need: compile it with ${how}`,
    );
  }
  enter(type: FuncType): Enter {
    return this.#pair(type)[0];
  }
  adapter(type: FuncType): Adapter {
    return this.#pair(type)[1];
  }
  #pair(type: FuncType): SignaturePair {
    const pair = this.#module.signatures[signatureKey(type)];
    if (!pair) throw new AotError('mismatch', `the compiled file has no code for the signature ${signatureKey(type)}`);
    return pair;
  }
}

/**
 * Makes the engine of one runtime: it runs the given modules, and no others.
 * @param fallback runs functions that were too large to compile; without one they trap when called
 */
export function aotEngine(modules: readonly AotModule[], fallback?: Fallback): Engine {
  const byHash = new Map(modules.map((one) => [one.header.wasmHash, one]));
  const canImport = modules.every(({ url }) => url !== undefined);
  return {
    mode: 'aot',
    threads: canImport ? SHARED_BUFFER_THREADS : undefined,
    whyNoThreads: canImport ? undefined : 'workers cannot import the compiled file, as loadAot() was not given its URL',
    unavailable: () => (byHash.size > 0 ? undefined : 'no module that was compiled ahead of time was given'),
    missingFeatures: () => [],
    compile(module: ValidatedModule, store) {
      const compiled = byHash.get(sha256(module.bytes));
      if (!compiled) throw new AotError('mismatch', 'no compiled file is for this WebAssembly module');
      return new JsModule(new AotCode(compiled), contextOf(store), fallback);
    },
  };
}
