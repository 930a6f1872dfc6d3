// A guest in the WebAssembly of the host that runs this file. Part of the child process: loads nothing but what it needs.
import { type HostValue, type Kind, payloadText } from '../kinds.js';
import type { Plan } from '../plan.js';
import type { Ending, FuzzerFunctions, Guest } from '../transcript.js';

type Exports = Record<string, unknown>;
type Func = (...args: HostValue[]) => HostValue;

interface HostTag {
  readonly tag: unknown;
  readonly name: string;
  readonly params: readonly Kind[];
}

interface HostException {
  is(tag: unknown): boolean;
  getArg(tag: unknown, index: number): unknown;
}

const ExceptionClass = (WebAssembly as unknown as { Exception: new () => HostException }).Exception;

/** An opaque value of the fuzzer. */
class Opaque {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}
const OPAQUES = Array.from({ length: 256 }, (_, id) => new Opaque(id));

/** Ends that another implementation may not reach; V8 finds some mixtures of old and new exceptions in a module later than others. */
const LIMITS = /mix of legacy and new|requested new array|table .*grow|Out of memory|allocate|memory\.grow/i;

export type TrapTexts = readonly (readonly [RegExp, readonly string[]])[];

export class NodeGuest implements Guest {
  readonly fuel = undefined;
  readonly #traps: TrapTexts;
  #provider: Exports = {};
  #exports: Exports = {};
  #driver: Exports = {};
  readonly #names = new Map<unknown, string>();
  readonly #tags: HostTag[] = [];
  #tagParams: Readonly<Record<string, readonly Kind[]>> = {};

  constructor(traps: TrapTexts) {
    this.#traps = traps;
  }

  provide(plan: Plan, functions: FuzzerFunctions): void {
    const imports: Record<string, Func> = {};
    plan.leaves.forEach(({ results }, index) => {
      imports[`${index}`] = (...values) => {
        const returned = functions.leaf(index, values);
        return returned.length > 1 ? returned : results.length === 0 ? undefined : returned[0];
      };
    });
    this.#provider = instantiate(plan.provider, { h: imports });
    for (const name of plan.providerFunctions) this.#names.set(this.#provider[name], `provided:${name}`);
    this.#tagParams = plan.tagParams;
    for (const name of plan.providerTags) this.#addTag(this.#provider[name], `provided:${name}`);
  }

  load(bytes: Uint8Array, plan: Plan): void {
    const imports: Record<string, Exports> = Object.create(null);
    for (const { module, name, from } of plan.imports) {
      imports[module] ??= Object.create(null) as Exports;
      imports[module][name] = this.#provider[from];
    }
    this.#exports = instantiate(bytes, imports);
    for (const name of plan.functions) {
      const value = this.#exports[name];
      if (!this.#names.has(value)) this.#names.set(value, name);
    }
    for (const name of plan.tags) this.#addTag(this.#exports[name], name);
  }

  #addTag(tag: unknown, name: string): void {
    if (!this.#tags.some((known) => known.tag === tag))
      this.#tags.push({ tag, name, params: this.#tagParams[name] ?? [] });
  }

  drive(plan: Plan): void {
    const h = { extern: (id: number) => OPAQUES[id & 255] };
    this.#driver = instantiate(plan.driver, { h, m: this.#exports });
  }

  run(name: string): readonly HostValue[] {
    const returned = (this.#driver[name] as Func)();
    if (returned === undefined) return [];
    return Array.isArray(returned) ? returned : [returned];
  }

  memory(name: string): Uint8Array {
    return new Uint8Array((this.#exports[name] as WebAssembly.Memory).buffer);
  }
  table(name: string): { readonly length: number; get(index: number): unknown } {
    // The tables of 64-bit addresses want and give bigints.
    const table = this.#exports[name] as { readonly length: number | bigint; get(index: unknown): unknown };
    const wide = typeof table.length === 'bigint';
    return { length: Number(table.length), get: (index) => table.get(wide ? BigInt(index) : index) };
  }
  functionName(value: unknown): string | undefined {
    return this.#names.get(value);
  }
  opaqueId(value: unknown): number | undefined {
    return value instanceof Opaque ? value.id : undefined;
  }

  classify(error: unknown): Ending {
    if (error instanceof ExceptionClass) return { conclusive: true, text: this.#exception(error) };
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (error instanceof RangeError || (error instanceof Error && LIMITS.test(error.message))) {
      return { conclusive: false, text };
    }
    if (error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.LinkError) {
      const texts = this.#traps.filter(([pattern]) => pattern.test(error.message)).flatMap(([, list]) => list);
      return { conclusive: true, text: texts.length > 0 ? `trap ${texts.join('|')}` : text };
    }
    return { conclusive: true, text };
  }

  #exception(error: HostException): string {
    const found = this.#tags.find(({ tag }) => error.is(tag));
    if (found === undefined) return 'exception of an unknown tag';
    // Vectors and exception references cannot be seen from JavaScript.
    const payload = found.params.map((kind, i) =>
      kind === 'v128' || kind === 'exn' ? '?' : payloadText(error.getArg(found.tag, i)),
    );
    return `exception ${found.name}(${payload.join(', ')})`;
  }
}

function instantiate(bytes: Uint8Array, imports: object): Exports {
  const module = new WebAssembly.Module(bytes as BufferSource);
  return new WebAssembly.Instance(module, imports as WebAssembly.Imports).exports;
}
