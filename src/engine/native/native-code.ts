// Instrumented code of one module and one set of options, compiled by the JavaScript engine. It is made once, or taken from the cache. Refuses
// modules that the JavaScript engine refuses or would take too long to compile.
import { CodeReader } from '../../binary/code-reader.js';
import { instrument, SourceMap } from '../../instrument/instrument.js';
import { type InstrumentOptions, optionsKey } from '../../instrument/instrument-options.js';
import { OtherModeError } from '../../wasm/errors.js';
import { countImports, type ValidatedModule } from '../../wasm/module.js';
import type { CodeCache } from './code-cache.js';
import type { WebAssemblyModule, WebAssemblyNamespace } from './webassembly.js';

/** A position in instrumented code: the original function and offset, and how far it is from the start of the emitted function. */
export interface CodePlace {
  readonly functionIndex: number;
  readonly offset: number;
  readonly within: number;
}

export class NativeCode {
  readonly module: ValidatedModule;
  readonly options: InstrumentOptions;
  readonly compiled: WebAssemblyModule;
  readonly bytes: Uint8Array;
  /** The name of the code in stack traces. Modules with the same bytes have code with the same name. */
  readonly name: string;
  readonly #importedFunctions: number;
  #map: SourceMap | undefined;
  #bodyStarts: Float64Array | undefined;

  constructor(
    module: ValidatedModule,
    options: InstrumentOptions,
    name: string,
    bytes: Uint8Array,
    compiled: WebAssemblyModule,
  ) {
    this.module = module;
    this.options = options;
    this.name = name;
    this.bytes = bytes;
    this.compiled = compiled;
    this.#importedFunctions = countImports(module, 'func');
  }

  /** Returns the original place of a position in a stack trace; undefined if it is in no function of the module. */
  locate(emitted: number, offset: number): CodePlace | undefined {
    const functionIndex = this.#sources.originalFunction(emitted);
    if (functionIndex === undefined) return undefined;
    this.#bodyStarts ??= bodyStarts(this.bytes);
    const within = offset - this.#bodyStarts[emitted - this.#importedFunctions]!;
    return { functionIndex, offset: this.#sources.originalOffset(functionIndex, within), within };
  }
  /** Returns the fuel that is still pending when a trap occurs at a place. */
  pendingAt({ functionIndex, within }: CodePlace): number {
    return this.#sources.pendingAt(functionIndex, within);
  }
  get #sources(): SourceMap {
    return (this.#map ??= new SourceMap(this.module, this.options));
  }
}

const MAGIC_BYTES = 8;
const CODE_SECTION = 10;
/** Returns where each function's bytes start, after their size. */
function bodyStarts(bytes: Uint8Array): Float64Array {
  const reader = new CodeReader(bytes, MAGIC_BYTES, bytes.length);
  while (reader.pos < bytes.length) {
    const id = reader.u8();
    const end = reader.u32() + reader.pos;
    if (id !== CODE_SECTION) {
      reader.pos = end;
      continue;
    }
    const starts = new Float64Array(reader.u32());
    for (let i = 0; i < starts.length; i++) {
      const size = reader.u32();
      starts[i] = reader.pos;
      reader.pos += size;
    }
    return starts;
  }
  return new Float64Array(0);
}

/**
 * Older versions of V8 take time quadratic in the number of types: 0.4 s for this many on Node 20, 8 s for four times as many; Node 26 takes 6 ms.
 */
const MOST_TYPES = 10_000;

/**
 * @throws OtherModeError if the JavaScript engine refuses the instrumented module, which is larger than the original, or would take too long to
 * compile it
 */
export function makeCode(
  webAssembly: WebAssemblyNamespace,
  cache: CodeCache,
  module: ValidatedModule,
  options: InstrumentOptions,
): NativeCode {
  if (module.types.length > MOST_TYPES) {
    throw new OtherModeError(`the module has ${module.types.length} types; mode host takes ${MOST_TYPES}`);
  }
  const key = `${cache.contentKeyOf(module.bytes)}${optionsKey(options)}`;
  const known = cache.find(key, module.bytes);
  const name = `e${key}`;
  if (known?.compiled) return new NativeCode(module, options, name, known.bytes, known.compiled);
  let bytes = known?.bytes;
  let compiled = bytes && tryCompile(webAssembly, bytes);
  if (!bytes || !compiled) {
    validateBodies(module);
    bytes = instrument(module, options, name);
    try {
      compiled = new webAssembly.Module(bytes);
    } catch (error) {
      if (!(error instanceof webAssembly.CompileError) && !(error instanceof RangeError)) throw error;
      throw new OtherModeError(`native WebAssembly refuses the instrumented module: ${error.message}`);
    }
  }
  cache.keep(key, module, bytes, compiled, known === undefined);
  return new NativeCode(module, options, name, bytes, compiled);
}
/** Nothing is instrumented, nor kept as valid, that was not validated: see Engine.keptFeatures. */
function validateBodies({ functions, functionInfo }: ValidatedModule): void {
  for (let position = 0; position < functions.length; position++) functionInfo(position);
}
function tryCompile(webAssembly: WebAssemblyNamespace, bytes: Uint8Array): WebAssemblyModule | undefined {
  try {
    return new webAssembly.Module(bytes);
  } catch {
    // The entry was damaged although it seemed intact: the code is made again.
    return undefined;
  }
}
