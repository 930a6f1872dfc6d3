// What a world is: modules of a fixed form with generated functions, and a plan of steps. Plain data, so that it can be kept as JSON.
// Types only.

/** How many bytes an access touches, and of which type it is. */
export type Width = 'i8' | 'i32' | 'i64' | 'f64' | 'v128';

/** One thing that a guest's function does. Whatever it reads goes into the sum that the function returns. */
export type Statement =
  /** A load or a store at `base + offset`, the offset being part of the instruction; `varied`: the first parameter is added. */
  | {
      readonly do: 'load' | 'store';
      readonly memory: number;
      readonly width: Width;
      readonly base: number;
      readonly offset: number;
      readonly varied: boolean;
    }
  /** A load at so many bytes before (negative) or behind the memory's end. */
  | { readonly do: 'edge'; readonly memory: number; readonly width: Width; readonly by: number }
  | { readonly do: 'grow'; readonly memory: number; readonly by: number }
  | { readonly do: 'size'; readonly memory: number }
  | { readonly do: 'fill'; readonly memory: number; readonly to: number; readonly length: number }
  | {
      readonly do: 'copy';
      readonly memory: number;
      readonly source: number;
      readonly to: number;
      readonly from: number;
      readonly length: number;
    }
  | { readonly do: 'init'; readonly memory: number; readonly to: number; readonly length: number }
  /** Shows eight bytes to the host, which knows what only others may read. */
  | { readonly do: 'look'; readonly memory: number; readonly base: number }
  /** A store and a load, so often that callAsync runs it in several slices. */
  | { readonly do: 'spin'; readonly memory: number; readonly times: number }
  /** Functions are numbered from the imported ones on. */
  | { readonly do: 'call' | 'tail'; readonly function: number }
  | { readonly do: 'table' | 'tableTail'; readonly index: number }
  /** Through the global of a typed reference. */
  | { readonly do: 'reference' }
  | { readonly do: 'setReference'; readonly function: number }
  | { readonly do: 'setTable'; readonly index: number; readonly function: number }
  | { readonly do: 'clearTable'; readonly index: number; readonly length: number }
  | { readonly do: 'copyTable'; readonly to: number; readonly from: number; readonly length: number }
  | { readonly do: 'getGlobal' | 'setGlobal' }
  /** A native that carries out the steps of that number. */
  | { readonly do: 'hook'; readonly hook: number }
  /** A native that an asynchronous call waits for, once. */
  | { readonly do: 'pause' }
  /** Makes an object and keeps it in a variable; looks into it. */
  | { readonly do: 'hold' | 'held' }
  /** The same through a global that others share. */
  | { readonly do: 'shareObject' | 'sharedObject' }
  /** Asks the host which of its objects the function was given. */
  | { readonly do: 'mark' }
  | { readonly do: 'loop'; readonly times: number; readonly body: readonly Statement[] }
  | { readonly do: 'try'; readonly body: readonly Statement[]; readonly handler: readonly Statement[] }
  | { readonly do: 'throw' | 'trap' };

export interface MemoryShape {
  readonly imported: boolean;
  /** Addresses of 64 bits. */
  readonly wide: boolean;
}

export interface ModuleShape {
  readonly memories: readonly MemoryShape[];
  readonly importsTable: boolean;
  readonly importsGlobals: boolean;
  readonly importsTag: boolean;
  readonly importedFunctions: number;
  readonly functions: readonly (readonly Statement[])[];
  /** Segments for the table: an index, and own functions from there on. */
  readonly elements: readonly { readonly at: number; readonly functions: readonly number[] }[];
  readonly data: readonly { readonly memory: number; readonly at: number; readonly bytes: readonly number[] }[];
  /** The function of the module that the start function calls. */
  readonly start?: number | undefined;
  /** So much code that mode jit compiles function by function. */
  readonly large: boolean;
}

export type Step =
  | {
      readonly do: 'instantiate';
      readonly slot: number;
      readonly module: number;
      /** Whose memory, by its index there, stands for each imported one. */
      readonly memories: readonly (readonly [slot: number, index: number])[];
      readonly table: number;
      readonly globals: number;
      readonly tag: number;
      readonly functions: readonly (readonly [slot: number, index: number])[];
    }
  | { readonly do: 'call'; readonly slot: number; readonly function: number; readonly x: number }
  | { readonly do: 'callTable'; readonly slot: number; readonly index: number; readonly x: number }
  | { readonly do: 'grow'; readonly slot: number; readonly memory: number; readonly by: number }
  /** A block of the runtime's memory that stays, so that what lies before it cannot grow in place. */
  | { readonly do: 'block'; readonly bytes: number }
  /** Gives the oldest block back. */
  | { readonly do: 'unblock' }
  /** Guests that share nothing with anybody, into whatever place is free. */
  | { readonly do: 'bystanders'; readonly count: number }
  | { readonly do: 'end'; readonly slot: number }
  /** An asynchronous call up to where it pauses; and from there to its end. */
  | { readonly do: 'begin'; readonly key: number; readonly slot: number; readonly function: number; readonly x: number }
  | { readonly do: 'resume'; readonly key: number }
  /** A call in a runtime of its own. */
  | { readonly do: 'elsewhere' };

export type AllocatorKind = 'pool' | 'system' | 'user';

/**
 * What the modules use. `plain`: what Node 20 has; `legacy`: exceptions of the old form as well; `modern`: try_table, objects, several
 * memories, addresses of 64 bits, typed references.
 */
export type Level = 'plain' | 'legacy' | 'modern';

export interface World {
  readonly allocator: AllocatorKind;
  readonly level: Level;
  readonly metered: boolean;
  readonly modules: readonly ModuleShape[];
  readonly steps: readonly Step[];
  /** What the native `hook` does. */
  readonly hooks: readonly (readonly Step[])[];
}

/** Pages that memories are born with, and the most they may have: every allocator has room for all of them, so growth to there never fails. */
export const PAGES = { least: 1, most: 10 } as const;
export const TABLE_LENGTH = 12;
export const PAGE = 65_536;
