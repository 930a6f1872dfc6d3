// Every limit of a guest, one row each. Types of options, checks, fields of the boundary, options of the command line and the table in
// docs/embedding.md come from here; the comment of a row is its sentence everywhere. What a module may have at all: implementation-limits.ts.
// Refuses nothing itself: meters and budgets keep the limits.

/** What amounts of a limit count. Milliseconds may be fractions; all others are whole numbers. */
type Unit = 'instructions' | 'ms' | 'bytes' | 'calls' | 'elements' | 'instances' | 'threads' | 'files';

/** Who may give a limit: a call, else its instance, else the runtime, whose limits are defaults for its instances. */
export type LimitScope = 'call' | 'instance' | 'runtime';

interface LimitRow {
  /** 'none' means that it is no amount and cannot be given. */
  readonly scope: LimitScope | 'none';
  readonly unit: Unit | undefined;
  /** Of a namespace of the standard `WebAssembly`: of each call from outside; of what it holds at once; of each call and of all together. */
  readonly ofNamespace?: 'each call' | 'held' | 'used up';
  /** The limit is kept by checks in the guest's code. */
  readonly inCode?: true;
  /** The option of `enclasm run`. */
  readonly option?: {
    readonly name: string;
    readonly help: string;
    /** The default, as the help text names it. */
    readonly otherwise?: string;
    /** The option sets this init arg, not the limit of the instance. */
    readonly initArg?: 'maxThreadNum';
  };
}

/** The rows are in the order of their numbers on the wire, so new ones are only ever appended. */
export const LIMITS = {
  /** Instructions of one outermost call, also of the start function: a whole number up to 2^53-1. Beyond it: LimitError. */
  fuel: {
    scope: 'call',
    ofNamespace: 'used up',
    unit: 'instructions',
    inCode: true,
    option: { name: 'fuel', help: 'end the guest after this many instructions' },
  },
  /** Milliseconds of one outermost call, natives and sleeping included. Beyond it: LimitError. */
  timeoutMs: {
    scope: 'call',
    ofNamespace: 'used up',
    unit: 'ms',
    inCode: true,
    option: { name: 'timeout', help: 'end the guest after this time; 2s and 1m are understood' },
  },
  /**
   * Bytes of memories, tables, GC objects, exceptions and files in memory; of a runtime, of all its instances. Beyond it: LimitError of an
   * instantiation, and from what makes objects and exceptions; -1 from growth; ENOMEM or ENOSPC of files.
   */
  memoryBytes: {
    scope: 'instance',
    ofNamespace: 'held',
    unit: 'bytes',
    option: { name: 'memory', help: 'memories, tables and objects of the guest together' },
  },
  /** Bytes of stack: 16 for each local and operand of the functions that run. Default: as much as the mode has. Beyond it: LimitError. */
  stackBytes: {
    scope: 'instance',
    ofNamespace: 'each call',
    unit: 'bytes',
    inCode: true,
    option: { name: 'stack-size', help: 'end the guest when its calls need more stack than this' },
  },
  /**
   * Calls of the guest that may nest. Default: 16,384 in `interp`, elsewhere what the JavaScript stack has room for. Beyond it: LimitError; beyond
   * the default the trap "call stack exhausted".
   */
  callDepth: { scope: 'instance', ofNamespace: 'each call', unit: 'calls', inCode: true },
  /** Elements of all tables of the instance. Default: 10,000,000. Beyond it: LimitError when an instance is made; -1 from `table.grow`. */
  tableElements: {
    scope: 'instance',
    ofNamespace: 'held',
    unit: 'elements',
    option: { name: 'table-elements', help: 'elements of all tables of the guest', otherwise: '10000000' },
  },
  /** Instances of the runtime alive at once, those of sub-modules included. Beyond it: LimitError. */
  instances: { scope: 'runtime', ofNamespace: 'held', unit: 'instances' },
  /** Threads that a guest may have at once beside its first. Default, and most: the runtime's `maxThreadNum`. Beyond it: -1 from `thread-spawn`, LimitError from `spawnThread`. */
  threads: {
    scope: 'instance',
    unit: 'threads',
    option: {
      name: 'max-threads',
      help: 'threads the guest may have at once, beside its first',
      otherwise: '4',
      initArg: 'maxThreadNum',
    },
  },
  /**
   * WASI descriptors open at once, streams and preopens included. Default: 512. Beyond it: EMFILE; LimitError where streams and preopens
   * alone are more.
   */
  openFiles: {
    scope: 'instance',
    unit: 'files',
    option: { name: 'open-files', help: 'files the guest may have open at once', otherwise: '512' },
  },
  /** Bytes that WASI (files and streams) and printf write in the life of the instance. Beyond it: LimitError. */
  outputBytes: {
    scope: 'instance',
    unit: 'bytes',
    option: { name: 'output', help: 'end the guest when it has written this many bytes' },
  },
  /** Calls to natives of one outermost call. Beyond it: LimitError. */
  hostCalls: { scope: 'instance', ofNamespace: 'used up', unit: 'calls' },
  /** Bytes of a module's file. Default: 1 GiB, which is the most there can be. Beyond it: LimitError. */
  moduleBytes: { scope: 'runtime', ofNamespace: 'each call', unit: 'bytes' },
  /** The limit that a LimitError names when an AbortSignal was aborted. */
  signal: { scope: 'none', unit: undefined },
} as const satisfies Readonly<Record<string, LimitRow>>;

type Rows = typeof LIMITS;

/** A limit that a LimitError can name. */
export type LimitName = keyof Rows;
export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

/** Returns the row of a limit, with the columns that not every row has. */
export function limitRow(name: LimitName): LimitRow {
  return LIMITS[name];
}

/** The names of the limits that may be given in a scope. */
export type LimitsOf<Scope extends LimitScope> = {
  [Name in LimitName]: Rows[Name]['scope'] extends Scope ? Name : never;
}[LimitName];
export function limitsOf<Scope extends LimitScope>(...scopes: Scope[]): LimitsOf<Scope>[] {
  return LIMIT_NAMES.filter((name) => scopes.some((scope) => scope === LIMITS[name].scope)) as LimitsOf<Scope>[];
}
/** Returns a limit that is given and needs checks in the guest's code, or undefined if there is none. */
export function limitInCode(given: Readonly<Partial<Record<LimitName, unknown>>>): LimitName | undefined {
  return LIMIT_NAMES.find((name) => limitRow(name).inCode && given[name] !== undefined);
}
/** Whether the amounts of a limit are whole numbers, up to 2^53-1. */
export function isWhole(name: LimitName): boolean {
  return LIMITS[name].unit !== 'ms';
}

/** The table is a type parameter, since only then do editors show the comments of a type's members. */
type Amounts<Table, Name extends keyof Table> = { readonly [One in Name]?: number | undefined };
/** Some limits as options: undefined means no limit, or the default. Each has the comment of its row. */
export type Limits<Name extends LimitName> = Amounts<Rows, Name>;

/** Limits of one call; what is absent is the instance's. */
export type CallLimits = Limits<LimitsOf<'call'>>;
/** Limits of one instance; what is absent is the runtime's default, or none. */
export type LimitOptions = Limits<LimitsOf<'call' | 'instance'>>;
/** Limits of a runtime: its memoryBytes hold for all instances together, the other limits of instances are defaults for each. */
export type RuntimeLimitOptions = Limits<LimitsOf<LimitScope>>;

/** Where a limit of a namespace can be given. */
type OfNamespace = 'each call' | 'held' | 'used up';
/** The limits of a namespace that hold in one of these ways. */
export type NamespaceLimitsOf<Way extends OfNamespace> = {
  [Name in LimitName]: Rows[Name] extends { readonly ofNamespace: Way } ? Name : never;
}[LimitName];
export function namespaceLimits<Way extends OfNamespace>(...ways: Way[]): NamespaceLimitsOf<Way>[] {
  return LIMIT_NAMES.filter((name) =>
    ways.some((way) => way === limitRow(name).ofNamespace),
  ) as NamespaceLimitsOf<Way>[];
}
/** Limits of each call into a namespace, compiling and instantiating included. Beyond one: LimitError, which no guest can catch. */
export type NamespaceLimits = Limits<NamespaceLimitsOf<'each call' | 'used up'>>;
/** What can be used up over the life of a namespace. */
export type Consumption = Limits<NamespaceLimitsOf<'used up'>>;
/** Limits of everything that a namespace does in its life. Once one that is used up is, every call fails at once; one of what is held makes growth fail. */
export type NamespaceTotals = Limits<NamespaceLimitsOf<'held' | 'used up'>>;
