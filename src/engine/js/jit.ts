// Compiles WebAssembly to JavaScript while the program runs. This is the only file that makes code from text. Refuses to run where the JavaScript
// engine forbids that (a content security policy, --disallow-code-generation-from-strings).
import type { Engine, Fallback, Heat } from '../../runtime/engine.js';
import { SHARED_BUFFER_THREADS } from '../../runtime/shared-buffer-memory.js';
import type { ValidatedModule } from '../../wasm/module.js';
import type { FuncType } from '../../wasm/types.js';
import type { Adapter, ChunkFactory, LoopFactory, ModuleCode } from './code-source.js';
import { adapterText, emitChunk, emitLoopEntry, enterText } from './emit-group.js';
import type { EmitOptions, Shape } from './emit-options.js';
import { contextOf, JsModule } from './js-engine.js';
import type { Enter } from './js-function.js';
import { signatureKey } from './js-signature.js';
import { ModuleInfo } from './module-info.js';
import { wordCount } from './operands.js';
import { shapeOfHost } from './shape-of-host.js';
import { SHARED_NAMES } from './shared-names.js';

/**
 * Modules with at most this many bytes of code and variables become one text, so that calls inside it are direct. Larger ones are compiled function
 * by function.
 */
const ONE_CHUNK_SIZE = 131_072;

/** Makes a function from its parameters' names and body. */
function makeFunction(params: string, body: string): (...args: unknown[]) => unknown {
  return new Function(params, body) as (...args: unknown[]) => unknown;
}

/** Returns undefined, or why the JavaScript engine makes no code from text. */
function obstacle(): string | undefined {
  try {
    return makeFunction('a', 'return a+1|0')(1) === 2 ? undefined : 'the host makes wrong code from text';
  } catch (error) {
    return `the host forbids making code from text (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** The texts that depend on a signature alone, shared by all modules of an engine. */
class SignatureCode {
  readonly #enters = new Map<string, Enter>();
  readonly #adapters = new Map<string, Adapter>();

  enter(type: FuncType): Enter {
    const key = signatureKey(type);
    let enter = this.#enters.get(key);
    if (!enter) {
      enter = makeFunction('N', `'use strict';return ${enterText(type)}`)(SHARED_NAMES) as Enter;
      this.#enters.set(key, enter);
    }
    return enter;
  }
  adapter(type: FuncType): Adapter {
    const key = signatureKey(type);
    let adapter = this.#adapters.get(key);
    if (!adapter) {
      adapter = makeFunction('N', `'use strict';return ${adapterText(type)}`)(SHARED_NAMES) as Adapter;
      this.#adapters.set(key, adapter);
    }
    return adapter;
  }
}

/**
 * Each link gets functions of its own, up to this many times: V8 stores its feedback with the source position that makes a function, so functions of
 * two instances from one position are slower than from two.
 */
const MAX_FACTORIES = 64;

interface JitChunk {
  readonly text: string;
  uses: number;
  factory: ChunkFactory | undefined;
}

class JitCode implements ModuleCode {
  readonly #info: ModuleInfo;
  readonly #signatures: SignatureCode;
  readonly #chunks = new Map<string, JitChunk>();
  readonly #oneChunk: boolean;

  readonly shape: Shape;

  constructor(module: ValidatedModule, signatures: SignatureCode, shape: Shape) {
    this.shape = shape;
    this.#info = new ModuleInfo(module);
    this.#signatures = signatures;
    let size = 0;
    module.functions.forEach(({ code, locals }, i) => {
      size += code.end - code.start;
      for (const type of this.#info.spaces.functions[this.#info.spaces.importedFunctions + i]!.params)
        size += wordCount(type);
      for (const { count, type } of locals) size += count * wordCount(type);
    });
    this.#oneChunk = size <= ONE_CHUNK_SIZE;
  }
  readonly linksAnew = true;
  chunkOf(index: number, options: EmitOptions, checkpoint: () => void, group?: readonly number[]): ChunkFactory {
    const indices = group ?? (this.#oneChunk ? undefined : [index]);
    const { metered, ticks, deterministic, depth, checked, observed } = options;
    const observes = `${observed?.functions} ${observed?.places}`;
    const key = `${indices?.join() ?? ''} ${metered} ${ticks} ${deterministic} ${depth} ${checked} ${observes}`;
    let chunk = this.#chunks.get(key);
    if (!chunk) {
      const { text } = emitChunk(this.#info, options, indices ?? this.#all(), checkpoint);
      chunk = { text, uses: 0, factory: undefined };
      this.#chunks.set(key, chunk);
    }
    if (chunk.uses < MAX_FACTORIES || !chunk.factory) {
      // The number makes the text a new one for the JavaScript engine's cache.
      chunk.factory = makeFunction('E,N', `${chunk.text}// ${chunk.uses}`) as unknown as ChunkFactory;
      chunk.uses++;
      // The JavaScript engine has just parsed the text, which takes time.
      checkpoint();
    }
    return chunk.factory;
  }
  calleesOf(index: number): readonly number[] {
    return this.#info.calleesOf(index);
  }
  loopEntry(index: number, offset: number, options: EmitOptions, checkpoint: () => void): LoopFactory | undefined {
    const text = emitLoopEntry(this.#info, options, index, offset, checkpoint);
    if (text === undefined) return undefined;
    const factory = makeFunction('E,N', text) as unknown as LoopFactory;
    checkpoint();
    return factory;
  }
  #all(): number[] {
    const { importedFunctions, functions } = this.#info.spaces;
    return Array.from({ length: functions.length - importedFunctions }, (_, i) => importedFunctions + i);
  }
  enter(type: FuncType): Enter {
    return this.#signatures.enter(type);
  }
  adapter(type: FuncType): Adapter {
    return this.#signatures.adapter(type);
  }
}

/** How a JIT compiles. */
export interface JitOptions {
  /** Functions start in the fallback, where it can count how much they run, and are compiled when they are hot. Default: when they are first called. */
  readonly heat?: Heat | undefined;
  /** The shape of the code. Default: 'plain' where the host has no WebAssembly of its own, which has no JIT compiler either. */
  readonly shape?: Shape | undefined;
}

/** Compiling a function takes about as long as it has run by then. */
export const USUAL_HEAT: Heat = { ticks: 10_000, perByte: 50 };

/**
 * Makes the engine of one runtime.
 * @param fallback runs functions that are too large or too deeply nested for JavaScript; without one they trap when called
 */
export function jitEngine(fallback?: Fallback, { heat, shape = shapeOfHost() }: JitOptions = {}): Engine {
  const signatures = new SignatureCode();
  return {
    mode: 'jit',
    readsBodiesLate: true,
    unavailable: obstacle,
    missingFeatures: () => [],
    threads: SHARED_BUFFER_THREADS,
    compile: (module, store) => new JsModule(new JitCode(module, signatures, shape), contextOf(store), fallback, heat),
  };
}
