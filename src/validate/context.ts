// What all checks of one module share: canonical types, index spaces, features that are on and features that are used.
// Refuses to check more than that a definition exists.
import { InvalidError } from '../wasm/errors.js';
import { FEATURES, type Feature, type FeatureSet, LEFT_OUT } from '../wasm/features.js';
import { leftOutFeature } from '../wasm/left-out.js';
import type { Module } from '../wasm/module.js';
import { type DefinedType, TypeRegistry } from '../wasm/subtyping.js';
import * as t from '../wasm/types.js';

/** Features by the number that tables give them; 0 means none. */
export const FEATURE_NUMBERS: readonly Feature[] = Object.keys(FEATURES) as Feature[];

/** Returns the number of a feature in tables of bytes. */
export function featureNumber(feature: Feature | undefined): number {
  return feature === undefined ? 0 : FEATURE_NUMBERS.indexOf(feature) + 1;
}

/** The parameters and results of a function, with ids in reference types. */
export interface Signature {
  readonly params: Int32Array;
  readonly results: Int32Array;
}

/** A global as constant expressions and functions see it. */
export interface GlobalEntry {
  readonly type: t.ValType;
  readonly mutable: boolean;
  readonly imported: boolean;
}
export interface TableEntry {
  readonly element: t.ValType;
  readonly address: t.ValType;
}

export class ModuleContext {
  readonly module: Module;
  readonly features: FeatureSet;
  readonly registry = new TypeRegistry();
  /** The types by type index; this list is filled while the type section is checked. */
  readonly types: DefinedType[] = [];
  /** Index spaces, imports first: type indices of functions and tags, resolved types of the others. */
  readonly functions: number[] = [];
  readonly tables: TableEntry[] = [];
  /** The address type of each memory. */
  readonly memories: t.ValType[] = [];
  readonly globals: GlobalEntry[] = [];
  readonly tags: number[] = [];
  readonly elementTypes: t.ValType[] = [];
  /** The functions that ref.func may name, since they occur outside of bodies. */
  readonly declared: Uint8Array;
  /** For each feature number: 1 once the feature was used and allowed. */
  readonly used = new Uint8Array(FEATURE_NUMBERS.length + 1);
  readonly usedFeatures = new Set<Feature>();
  readonly #signatures: (Signature | undefined)[] = [];

  constructor(module: Module, features: FeatureSet) {
    this.module = module;
    this.features = features;
    const imported = module.imports.reduce(
      (count, { description }) => count + (description.kind === 'func' ? 1 : 0),
      0,
    );
    this.declared = new Uint8Array(imported + module.functions.length);
    this.used[0] = 1;
  }

  /** @throws InvalidError that names the feature if it is off or not in the build */
  require(feature: Feature, at: number, functionIndex = -1): void {
    if (LEFT_OUT.has(feature)) throw leftOutFeature(feature, at, functionIndex);
    if (!this.features.has(feature)) {
      throw new InvalidError(`feature '${feature}' is off (${FEATURES[feature]})`, at, functionIndex, feature);
    }
    this.used[featureNumber(feature)] = 1;
    this.usedFeatures.add(feature);
  }

  /** Tags and throw belong to both forms of exceptions, so one of the two must be on; which of them is used is decided at the end. */
  requireTags(at: number, functionIndex = -1): void {
    if (!this.features.has('legacy-exceptions')) this.require('exceptions', at, functionIndex);
  }

  /** Returns where a section starts: the offset of errors about parts that have no offset of their own. */
  sectionStart(id: number): number {
    return this.module.sections.find((section) => section.id === id)?.bytes.start ?? 0;
  }

  /** Returns a value type of the module with ids for indices. @throws InvalidError for an unknown type or a feature that is off */
  resolve(type: t.StorageType, at: number, functionIndex = -1): t.StorageType {
    if (type < 0) {
      if (type === t.V128) this.require('simd', at, functionIndex);
      return type;
    }
    const heap = t.heapOf(type);
    this.#requireHeap(heap, t.isNullable(type), at, functionIndex);
    return heap < 0 ? type : t.refType(this.resolveHeap(heap, at, functionIndex), t.isNullable(type));
  }

  #requireHeap(heap: t.HeapType, nullable: boolean, at: number, functionIndex: number): void {
    if (heap >= 0 || (!nullable && heap === t.HEAP_FUNC)) this.require('function-references', at, functionIndex);
    else if (heap === t.HEAP_EXN || heap === t.HEAP_NOEXN) this.require('exceptions', at, functionIndex);
    else if (nullable && (heap === t.HEAP_FUNC || heap === t.HEAP_EXTERN))
      this.require('reference-types', at, functionIndex);
    else this.require('gc', at, functionIndex);
  }

  resolveHeap(heap: t.HeapType, at: number, functionIndex = -1): t.HeapType {
    return heap < 0 ? heap : this.type(heap, at, functionIndex).id;
  }

  type(index: number, at: number, functionIndex = -1): DefinedType {
    const type = this.types[index];
    if (type === undefined) throw new InvalidError(`unknown type ${index}`, at, functionIndex);
    return type;
  }

  /** Returns the function type of a type index. */
  signature(index: number, at: number, functionIndex = -1): Signature {
    return this.#signatures[index] ?? this.#makeSignature(index, at, functionIndex);
  }

  #makeSignature(index: number, at: number, functionIndex: number): Signature {
    const { composite } = this.type(index, at, functionIndex);
    if (composite.kind !== 'func') {
      throw new InvalidError(`type mismatch: type ${index} is not a function type`, at, functionIndex);
    }
    const signature = { params: Int32Array.from(composite.params), results: Int32Array.from(composite.results) };
    this.#signatures[index] = signature;
    return signature;
  }
}
