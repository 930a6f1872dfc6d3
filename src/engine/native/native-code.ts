// Instrumented code of one module and one set of options, compiled by the host: made once, from the cache where it is there.

import { instrument, SourceMap } from '../../instrument/instrument.js';
import { type InstrumentOptions, optionsKey } from '../../instrument/options.js';
import { OtherModeError } from '../../wasm/errors.js';
import { countImports, type ValidatedModule } from '../../wasm/module.js';
import { type CodeCache, contentKey } from './code-cache.js';
import type { HostModuleObject, HostWebAssembly } from './webassembly.js';

export class HostCode {
  readonly module: ValidatedModule;
  readonly options: InstrumentOptions;
  readonly compiled: HostModuleObject;
  readonly bytes: Uint8Array;
  /** In the host's stack traces. */
  readonly name: string;
  readonly #importedFunctions: number;
  #map: SourceMap | undefined;
  #bodyStarts: Float64Array | undefined;

  constructor(
    module: ValidatedModule,
    options: InstrumentOptions,
    name: string,
    bytes: Uint8Array,
    compiled: HostModuleObject,
  ) {
    this.module = module;
    this.options = options;
    this.name = name;
    this.bytes = bytes;
    this.compiled = compiled;
    this.#importedFunctions = countImports(module, 'func');
  }

  /** The original function and offset of a place in a stack trace; undefined where it is in no function of the module. */
  locate(emitted: number, offset: number): { readonly functionIndex: number; readonly offset: number } | undefined {
    const functionIndex = this.#sources.originalFunction(emitted);
    if (functionIndex === undefined) return undefined;
    this.#bodyStarts ??= bodyStarts(this.bytes);
    const within = offset - this.#bodyStarts[emitted - this.#importedFunctions]!;
    return { functionIndex, offset: this.#sources.originalOffset(functionIndex, within) };
  }
  /** Fuel that a trap at an original offset leaves uncounted. */
  pendingAt(functionIndex: number, offset: number): number {
    return this.#sources.pendingAt(functionIndex, offset);
  }
  get #sources(): SourceMap {
    return (this.#map ??= new SourceMap(this.module, this.options));
  }
}

/** Where each function's bytes start, after their size. */
function bodyStarts(bytes: Uint8Array): Float64Array {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    if (id !== 10) {
      at += size;
      continue;
    }
    const starts = new Float64Array(number());
    for (let i = 0; i < starts.length; i++) {
      const length = number();
      starts[i] = at;
      at += length;
    }
    return starts;
  }
  return new Float64Array(0);
}

/** Older V8s take time that grows with the square of the types: 0.4 s for so many on Node 20, 8 s for four times as many; Node 26 takes 6 ms. */
const MOST_TYPES = 10_000;

/** @throws OtherModeError where the host refuses the instrumented module, which is larger than the original, or would be busy with it for long */
export function makeCode(
  host: HostWebAssembly,
  cache: CodeCache,
  module: ValidatedModule,
  options: InstrumentOptions,
): HostCode {
  if (module.types.length > MOST_TYPES) {
    throw new OtherModeError(`the module has ${module.types.length} types; mode host takes ${MOST_TYPES}`);
  }
  const key = `${contentKey(module.bytes)}${optionsKey(options)}`;
  const known = cache.find(key, module.bytes);
  const name = `e${key}`;
  if (known?.compiled) return new HostCode(module, options, name, known.bytes, known.compiled);
  let bytes = known?.bytes;
  let compiled = bytes && tryCompile(host, bytes);
  if (!bytes || !compiled) {
    bytes = instrument(module, options, name);
    try {
      compiled = new host.Module(bytes);
    } catch (error) {
      if (!(error instanceof host.CompileError) && !(error instanceof RangeError)) throw error;
      throw new OtherModeError(`the host refuses the instrumented module: ${error.message}`);
    }
  }
  cache.keep(key, module.bytes, bytes, compiled, known === undefined);
  return new HostCode(module, options, name, bytes, compiled);
}
function tryCompile(host: HostWebAssembly, bytes: Uint8Array): HostModuleObject | undefined {
  try {
    return new host.Module(bytes);
  } catch {
    // A damaged entry that looked whole: made afresh.
    return undefined;
  }
}
