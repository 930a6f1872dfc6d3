// The JavaScript engine's native WebAssembly, as far as mode host uses it; the TypeScript library that the runtime compiles against declares no such
// types. It may be absent, and then there is no mode host.

import { HOSTS_OWN } from '../../runtime/hosts-own.js';

/** Any value that JavaScript and guest code exchange. */
export type JsValue = unknown;
export type JsCallable = (...args: JsValue[]) => JsValue;

export interface WebAssemblyModule {
  readonly [brand: symbol]: never;
}
export interface WebAssemblyInstance {
  readonly exports: Readonly<Record<string, JsValue>>;
}
export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
  grow(delta: number | bigint): number | bigint;
}
export interface WebAssemblyTable {
  readonly length: number | bigint;
  get(index: number | bigint): JsValue;
  set(index: number | bigint, value?: JsValue): void;
  grow(delta: number | bigint, value?: JsValue): number | bigint;
}
export interface WebAssemblyGlobal {
  value: JsValue;
}
export interface WebAssemblyTag {
  readonly [brand: symbol]: never;
}
export interface WebAssemblyException {
  is(tag: WebAssemblyTag): boolean;
  getArg(tag: WebAssemblyTag, index: number): JsValue;
}
type ErrorClass = new (message?: string) => Error;

/** What an instance is linked with, by module name and field name. */
export type ImportObject = Record<string, Record<string, JsValue>>;

/** The global `WebAssembly`. */
export interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => WebAssemblyModule;
  readonly Instance: new (module: WebAssemblyModule, imports?: ImportObject) => WebAssemblyInstance;
  readonly Memory: new (type: Record<string, unknown>) => WebAssemblyMemory;
  readonly Table: new (type: Record<string, unknown>, value: JsValue) => WebAssemblyTable;
  readonly Global: new (type: { value: string; mutable: boolean }, value?: JsValue) => WebAssemblyGlobal;
  readonly Tag?: new (type: { parameters: readonly string[] }) => WebAssemblyTag;
  readonly Exception?: new (tag: WebAssemblyTag, payload: readonly JsValue[]) => WebAssemblyException;
  readonly RuntimeError: ErrorClass;
  readonly LinkError: ErrorClass;
  readonly CompileError: ErrorClass;
  validate(bytes: Uint8Array): boolean;
  /** An import for whose promise a guest waits; absent where frames cannot be set aside, as `promising` is. */
  readonly Suspending?: new (
    func: JsCallable,
  ) => object;
  /** Makes a function that calls a guest, and gives a promise. */
  promising?(exported: JsCallable): (...args: JsValue[]) => Promise<JsValue>;
}

/** Returns the JavaScript engine's own namespace object, also where another stands in for it; undefined if it has none. */
export function findWebAssembly(): WebAssemblyNamespace | undefined {
  const { WebAssembly: found } = globalThis as unknown as {
    WebAssembly?: WebAssemblyNamespace & Record<symbol, unknown>;
  };
  return found !== undefined && HOSTS_OWN in found ? (found[HOSTS_OWN] as WebAssemblyNamespace | undefined) : found;
}
