// The larger arguments and results of the commands: initialisation, instantiation, WASI, limits, usage, frames.
// Names and defaults are the embedding API's; a field left out means its default there.
import { LOG_LEVELS } from '../../platform/platform.js';
import {
  INIT_ARGS,
  INSTANTIATE_OPTIONS,
  NETWORK_OPTIONS,
  type OptionKinds,
  type OptionTable,
} from '../../runtime/option-tables.js';
import {
  DEADLINE_CHOICES,
  type DeadlineChoice,
  MODE_CHOICES,
  type ModeChoice,
  THREADS_CHOICES,
} from '../../runtime/running-mode.js';
import { isWhole, type LimitOptions, type LimitScope, type LimitsOf, limitsOf } from '../../wasm/limit-table.js';
import { USAGE_FIELDS, type Usage, usageRow } from '../../wasm/usage-table.js';
import {
  bool,
  bytes,
  cutText,
  type Field,
  f64,
  i32,
  list,
  MAX_NAME_CHARS,
  oneOf,
  optional,
  type PayloadField,
  size,
  str,
  struct,
  u32,
} from './fields.js';

/** The most items of the lists that the untrusted side sends: arguments, variables, grants, natives. */
const MAX_ITEMS = 65_536;
/** The most parameters, and the most results, of a function. */
export const MAX_VALUES = 1_000;

/** The running modes that the embedder may ask for. */
export const mode = oneOf(...MODE_CHOICES);
export const logLevel = oneOf(...LOG_LEVELS);

export const texts = list(str, MAX_ITEMS);

/** A native of the embedder's: the trusted side calls it by `id`. */
export const nativeSymbol = struct({ symbol: str, signature: optional(str), id: u32, async: optional(bool) });
export const nativeTable = struct({ moduleName: str, symbols: list(nativeSymbol, MAX_ITEMS) });

/** The limits that may be given in these places, by the table of limits. */
function limitFields<Scope extends LimitScope>(
  ...scopes: Scope[]
): Readonly<Record<LimitsOf<Scope>, PayloadField<number | undefined>>> {
  const fields = limitsOf(...scopes).map((name) => [name, optional(isWhole(name) ? size : f64)]);
  return Object.fromEntries(fields) as Record<LimitsOf<Scope>, PayloadField<number | undefined>>;
}
export const limits = struct(limitFields('call', 'instance'));

const FIELD_OF_KIND: { readonly [Kind in keyof OptionKinds]: Field<OptionKinds[Kind]> } = {
  text: str,
  texts,
  count: size,
  flag: bool,
  mode,
  logLevel,
  threads: oneOf(...THREADS_CHOICES),
  deadline: oneOf(...DEADLINE_CHOICES),
  instanceLimits: limits,
  runtimeLimits: struct(limitFields('call', 'instance', 'runtime')),
};
/** Returns the fields of a table's options, of which each may be left out. */
function optionFields<Table extends OptionTable>(
  table: Table,
): { readonly [Name in keyof Table]: PayloadField<OptionKinds[Table[Name]] | undefined> } {
  const fields = Object.entries(table).map(([name, kind]) => [name, optional(FIELD_OF_KIND[kind] as Field<unknown>)]);
  return Object.fromEntries(fields);
}

/** What the host program of WAMR's SGX sample chooses at init, and what this runtime adds. */
export const initArgs = struct({
  /** `allocator` uses functions that the trusted side was built with, because memory of the untrusted side cannot be trusted. */
  memAllocType: optional(oneOf('pool', 'allocator', 'system')),
  /** Bytes of the pool; in a system allocator, bytes in use at most. */
  heapSize: optional(size),
  ...optionFields(INIT_ARGS),
  natives: optional(list(nativeTable, MAX_ITEMS)),
  /** Modules that others import and that are not registered are read by READ_MODULE. */
  moduleReader: optional(bool),
});

/** A directory that the guest sees: `grant` is the number of a file system that the embedder grants. */
export const preopen = struct({ guestPath: str, grant: u32, readOnly: bool });

/** Where a standard stream of the guest goes: nowhere, or to what the embedder gave for that stream; `called` where that is known to be no file. */
const stream = oneOf('closed', 'host', 'called');

/** Output that was held back: a part of one stream. */
export const heldChunk = struct({ stream: oneOf('stdout', 'stderr'), bytes });
/** More of them cannot be held. */
export const MAX_HELD_CHUNKS = 16_384;

export const wasiArgs = struct({
  args: optional(texts),
  /** `NAME=value`. */
  env: optional(texts),
  preopens: optional(list(preopen, MAX_ITEMS)),
  stdin: optional(stream),
  stdout: optional(stream),
  stderr: optional(stream),
  /** The guest gets what is granted both here and by the network of the untrusted side. */
  ...optionFields(NETWORK_OPTIONS),
});

export const instantiateOptions = struct({
  ...optionFields(INSTANTIATE_OPTIONS),
  /** Natives of this instance alone. */
  natives: optional(list(nativeTable, MAX_ITEMS)),
});

/** How a plugin takes its input and gives its output, where its instance lives between calls. */
export const LIVE_CONVENTIONS = ['extism', 'assemblyscript', 'pointer-length'] as const;
export const convention = oneOf(...LIVE_CONVENTIONS);
/** A function of the host over bytes, which CALL_BYTES calls by `id`, and the names of the import that it stands for. */
const bytesFunction = struct({ module: str, name: str, id: u32 });
/** What an Extism guest may ask for. */
export const extismGrants = struct({
  /** `NAME=value`. */
  config: optional(texts),
  /** A function that makes requests. */
  http: optional(u32),
  functions: optional(list(bytesFunction, MAX_ITEMS)),
});

/** The limits of one call, which hold beside the instance's. */
export const callLimits = struct(limitFields('call'));

export type { DeadlineChoice, LimitOptions, ModeChoice, Usage };
/** The usage of a call or an instance, as the runtime reports it. */
export const usage = struct(
  Object.fromEntries(
    USAGE_FIELDS.map((name) => {
      const { unit, optional: isOptional } = usageRow(name);
      const field = unit === 'ms' ? f64 : size;
      return [name, isOptional ? optional(field) : field];
    }),
  ),
) as PayloadField<object> as PayloadField<Usage>;

/** Names in frames are for people, so a long one may be cut. */
const shownName = cutText(MAX_NAME_CHARS);
export const frame = struct({ functionIndex: i32, functionName: shownName, moduleName: shownName, offset: i32 });

export const external = struct({
  module: str,
  name: str,
  kind: oneOf('func', 'table', 'memory', 'global', 'tag'),
  type: str,
});

/** What was still alive when the runtime was destroyed. */
export const destroyReport = struct({
  modules: u32,
  instances: u32,
  execEnvs: u32,
  /** Threads of guests that had not ended. */
  threads: u32,
  /** Bytes of the pool that were still allocated when everything was gone: 0 unless this runtime has a leak. */
  leakedBytes: size,
});

/** A table of natives on its way to initRuntime or registerNatives: what `enclave.natives` gives. */
export type NativeTable = ObjectOfStruct<typeof nativeTable>;
export type InitArgs = ObjectOfStruct<typeof initArgs>;
export type Limits = ObjectOfStruct<typeof limits>;
export type HeldChunk = ObjectOfStruct<typeof heldChunk>;
export type WasiArgs = ObjectOfStruct<typeof wasiArgs>;
export type ExtismGrants = ObjectOfStruct<typeof extismGrants>;
export type InstantiateOptions = ObjectOfStruct<typeof instantiateOptions>;
export type DestroyReport = ObjectOfStruct<typeof destroyReport>;
type ObjectOfStruct<S> = S extends { read(reader: never): infer T } ? T : never;

/** The bytes of the pool. */
export const memAllocInfo = struct({ total: size, totalFree: size, highmark: size });
