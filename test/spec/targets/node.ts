// The host's plain WebAssembly as a target: the oracle that proves the runner. Needs adapters to keep NaN bits exact.
import { decode } from '#src/binary/decode.js';
import { validate } from '#src/validate/validate.js';
import { ALL_FEATURES } from '#src/wasm/features.js';
import type { ClassifiedError, ErrorKind, ImportLookup, SpecTarget, TargetInstance } from '#src/wast/script-target.js';
import type { Result, Value } from '#src/wast/script-values.js';
import { assemble } from '../../helpers/wat.js';
import {
  ADAPTER_NAMES,
  encodeAdapter,
  fromAdapterResults,
  type HostValue,
  type ReferenceMapper,
  toAdapterArguments,
} from '../adapter-module.js';
import { type ModuleTypes, readModuleTypes } from '../module-reader.js';
import { PROBES, TRAPS } from './v8.js';

/** A script's opaque reference on the host's side. */
class Opaque {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

const opaques = new Map<number, Opaque>();
const references: ReferenceMapper = {
  toHost(id) {
    const known = opaques.get(id) ?? new Opaque(id);
    opaques.set(id, known);
    return known;
  },
  toId: (value) => (value instanceof Opaque ? value.id : undefined),
};

interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly bytes: Uint8Array<ArrayBuffer>;
  types: ModuleTypes | undefined;
  readonly adapters: Map<string, WebAssembly.Module>;
}

/** Marks errors by the step they came from: the host's classes alone do not tell. */
class StepError extends Error {
  readonly kind: ErrorKind;
  readonly reason: unknown;
  constructor(kind: ErrorKind, reason: unknown) {
    super(reason instanceof Error ? reason.message : String(reason));
    this.kind = kind;
    this.reason = reason;
  }
}

interface Exporter extends TargetInstance {
  readonly exports: WebAssembly.Exports;
}

class NodeInstance implements Exporter {
  readonly exports: WebAssembly.Exports;
  private readonly compiled: CompiledModule;
  private readonly calls = new Map<string, (...args: HostValue[]) => HostValue>();

  constructor(compiled: CompiledModule, exports: WebAssembly.Exports) {
    this.compiled = compiled;
    this.exports = exports;
  }

  invoke(field: string, args: readonly Value[]): readonly Result[] {
    const type = this.typeOf(field);
    const returned = this.adapter(field)(...toAdapterArguments(args, references));
    return fromAdapterResults(type, returned, references);
  }

  get(field: string): Result {
    return this.invoke(field, [])[0]!;
  }

  private typeOf(field: string) {
    this.compiled.types ??= readModuleTypes(this.compiled.bytes);
    const type = this.compiled.types.exports.get(field);
    if (type === undefined) throw new Error(`no exported function or global "${field}"`);
    return type;
  }

  private adapter(field: string): (...args: HostValue[]) => HostValue {
    const known = this.calls.get(field);
    if (known !== undefined) return known;
    const type = this.typeOf(field);
    let module = this.compiled.adapters.get(field);
    if (module === undefined) {
      module = new WebAssembly.Module(encodeAdapter(this.compiled.types!, type) as BufferSource);
      this.compiled.adapters.set(field, module);
    }
    const imports = { [ADAPTER_NAMES.module]: { [ADAPTER_NAMES.field]: this.exports[field]! } };
    const instance = new WebAssembly.Instance(module, imports);
    const run = instance.exports[ADAPTER_NAMES.run] as (...args: HostValue[]) => HostValue;
    this.calls.set(field, run);
    return run;
  }
}

/** What another thread of a script has passed. */
class PassedMemories implements Exporter {
  readonly exports: WebAssembly.Exports;
  constructor(exports: WebAssembly.Exports) {
    this.exports = exports;
  }
  invoke(field: string): never {
    throw new Error(`"${field}" is in another thread`);
  }
  get(field: string): never {
    return this.invoke(field);
  }
}

function probe(): Set<string> {
  const failing = Object.entries(PROBES).filter(([, text]) => !WebAssembly.validate(assemble(text) as BufferSource));
  return new Set(failing.map(([feature]) => feature));
}

/** The missing features a module needs. Our own validator tells: when it refuses the module too, nothing is excused. */
function neededOf(missing: ReadonlySet<string>, bytes: Uint8Array): string[] {
  try {
    const module = validate(decode(bytes, { features: ALL_FEATURES }), { features: ALL_FEATURES });
    return [...module.usedFeatures].filter((feature) => missing.has(feature));
  } catch {
    return [];
  }
}

function classify(error: unknown): ClassifiedError {
  const reason = error instanceof StepError ? error.reason : error;
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  const message = reason instanceof Error ? reason.message : '';
  if (error instanceof StepError && error.kind !== 'unknown') return { kind: error.kind, text, specTexts: [] };
  if (reason instanceof RangeError && /call stack/.test(message)) {
    return { kind: 'exhaustion', text, specTexts: ['call stack exhausted'] };
  }
  if (reason instanceof RangeError) return { kind: 'limit', text, specTexts: [] };
  if (reason instanceof WebAssembly.RuntimeError) {
    const specTexts = TRAPS.filter(([pattern]) => pattern.test(message)).flatMap(([, texts]) => texts);
    return { kind: 'trap', text, specTexts };
  }
  const exceptionClass = (WebAssembly as unknown as { Exception?: new () => unknown }).Exception;
  if (exceptionClass !== undefined && reason instanceof exceptionClass) {
    return { kind: 'exception', text: 'WebAssembly.Exception', specTexts: [] };
  }
  return { kind: 'unknown', text, specTexts: [] };
}

function importObject(imports: ImportLookup): WebAssembly.Imports {
  const object: WebAssembly.Imports = Object.create(null);
  for (const [name, instance] of imports) object[name] = (instance as Exporter).exports as WebAssembly.ModuleImports;
  return object;
}

/** The host's WebAssembly as a target. */
export function createNodeTarget(): SpecTarget {
  const missing = probe();
  return {
    name: `node ${process.version}`,
    executes: true,
    tellsMalformedFromInvalid: false,
    hasLinkTexts: false,
    spectest: {
      table64: !missing.has('memory64'),
      sharedMemory: !missing.has('threads') && !missing.has('multi-memory'),
    },

    compile(bytes): CompiledModule {
      const own = Uint8Array.from(bytes);
      try {
        return { module: new WebAssembly.Module(own), bytes: own, types: undefined, adapters: new Map() };
      } catch (error) {
        throw new StepError('invalid', error);
      }
    },

    instantiate(module, imports): TargetInstance {
      const compiled = module as CompiledModule;
      try {
        return new NodeInstance(compiled, new WebAssembly.Instance(compiled.module, importObject(imports)).exports);
      } catch (error) {
        const unlinkable = error instanceof WebAssembly.LinkError || error instanceof TypeError;
        throw new StepError(unlinkable ? 'unlinkable' : 'unknown', error);
      }
    },

    passing: {
      pass: (instance) =>
        Object.entries((instance as Exporter).exports).filter(
          ([, value]) => value instanceof WebAssembly.Memory && value.buffer instanceof SharedArrayBuffer,
        ),
      receive: (passed) => new PassedMemories(Object.fromEntries(passed as [string, WebAssembly.Memory][])),
    },

    classify,

    excuse(error, bytes) {
      const { kind, text } = classify(error);
      if (kind === 'invalid' && text.includes('implementation limit')) return 'larger than the host allows';
      const needed = kind === 'invalid' ? neededOf(missing, bytes) : [];
      // Without multiple memories `spectest` has no shared memory.
      if (kind === 'unlinkable' && text.includes('shared_memory')) needed.push('multi-memory');
      const absent = needed.filter((feature) => missing.has(feature)).sort();
      return absent.length === 0 ? undefined : `host lacks ${absent.join(', ')}`;
    },
  };
}
