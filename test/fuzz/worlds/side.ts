// What carries out the steps of a world: this project's runtime, or the host's own WebAssembly. Types and what both share.

/** Objects of the host that guests are given and must give back as they are. */
export const OBJECTS: readonly object[] = Array.from({ length: 4 }, (_, id) => ({ id }));

/** The natives that all guests import. */
export interface Natives {
  hook(id: number, x: number): number;
  /** @param key of the asynchronous call that it was called by, where the side knows */
  pause(key: number | undefined): Promise<void> | undefined;
  look(value: bigint): void;
  mark(object: unknown): number;
}

export interface Birth {
  readonly name: string;
  readonly slot: number;
  /** Number of the module. */
  readonly module: number;
  readonly imports: Readonly<Record<string, unknown>>;
}

/** Instances and what they export are opaque to whoever plays. Everything throws what the host throws. */
export interface Side {
  /** Whether an asynchronous call really runs beside others; else whatever comes before its end runs within it. */
  readonly pauses: boolean;
  begin(natives: Natives): void;
  instantiate(birth: Birth): unknown;
  exported(instance: unknown, name: string): unknown;
  call(function_: unknown, x: number, depth: number): bigint;
  callAsync(instance: unknown, function_: unknown, x: number, depth: number, key: number): Promise<bigint>;
  /** One turn of the event loop. */
  turn(): Promise<void>;
  grow(memory: unknown, by: number): number;
  bytes(memory: unknown): Uint8Array;
  element(table: unknown, index: number): unknown;
  global(global: unknown): unknown;
  /** What is the same for one function, whoever holds it. */
  identity(function_: unknown): unknown;
  end(instance: unknown): void;
  block(bytes: number): void;
  unblock(): void;
  bystanders(count: number): void;
  elsewhere(): void;
  classify(error: unknown): string;
  /** Whether only somebody else may know it. */
  isSecret(value: bigint): boolean;
  /** What happened to those who share nothing: one line each, once. */
  damage(): string[];
  /** Ends everything; what was not given back. */
  finish(): string[];
}
