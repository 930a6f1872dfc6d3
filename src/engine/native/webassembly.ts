// The host's WebAssembly, as far as this engine uses it: the library knows no such types. Absent on hosts without it.

export type HostValue = unknown;
export type HostCallable = (...args: HostValue[]) => HostValue;

export interface HostModuleObject {
  readonly [brand: symbol]: never;
}
export interface HostInstanceObject {
  readonly exports: Readonly<Record<string, HostValue>>;
}
export interface HostMemoryObject {
  readonly buffer: ArrayBuffer;
  grow(delta: number | bigint): number | bigint;
}
export interface HostTableObject {
  readonly length: number | bigint;
  get(index: number | bigint): HostValue;
  set(index: number | bigint, value?: HostValue): void;
  grow(delta: number | bigint, value?: HostValue): number | bigint;
}
export interface HostGlobalObject {
  value: HostValue;
}
export interface HostTagObject {
  readonly [brand: symbol]: never;
}
export interface HostExceptionObject {
  is(tag: HostTagObject): boolean;
  getArg(tag: HostTagObject, index: number): HostValue;
}
type ErrorClass = new (message?: string) => Error;

export type HostImports = Record<string, Record<string, HostValue>>;

export interface HostWebAssembly {
  readonly Module: new (bytes: Uint8Array) => HostModuleObject;
  readonly Instance: new (module: HostModuleObject, imports?: HostImports) => HostInstanceObject;
  readonly Memory: new (type: Record<string, unknown>) => HostMemoryObject;
  readonly Table: new (type: Record<string, unknown>, value: HostValue) => HostTableObject;
  readonly Global: new (type: { value: string; mutable: boolean }, value?: HostValue) => HostGlobalObject;
  readonly Tag?: new (type: { parameters: readonly string[] }) => HostTagObject;
  readonly Exception?: new (tag: HostTagObject, payload: readonly HostValue[]) => HostExceptionObject;
  readonly RuntimeError: ErrorClass;
  readonly LinkError: ErrorClass;
  readonly CompileError: ErrorClass;
  validate(bytes: Uint8Array): boolean;
}

/** Undefined where the host has none. */
export function hostWebAssembly(): HostWebAssembly | undefined {
  return (globalThis as unknown as { WebAssembly?: HostWebAssembly }).WebAssembly;
}
