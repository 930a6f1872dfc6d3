// How an instrumented guest reaches the runtime: added functions (added-functions.ts) call hooks through an additional table, which the embedding
// JavaScript code fills; see hooksModule(). Here are the hooks with their types and numbers, and the names of what the guest exports for the runtime.
import { encodeUtf8 } from '../base/utf8.js';
import { ByteWriter } from '../binary/writer.js';
import * as t from '../wasm/types.js';
import { Code, ZERO } from './code-writer.js';
import type { InstrumentOptions } from './instrument-options.js';

/** The least fuel that is left when a call returns, as long as there is fuel to refill from. Therefore nothing needs to be checked after calls. */
export const RESERVE = 2048;

export interface Signature {
  readonly params: readonly t.ValType[];
  readonly results: readonly t.ValType[];
}
const { I32, I64, F64, ANYREF } = t;

/** The hooks in the order of the table. A count is what is left of the slice. */
export const HOOKS = {
  /** (left, depth, cost) -> left: the first check of a function has failed; depth is what its callees have. */
  enter: { params: [I32, I32, I32], results: [I32] },
  /** (left, cost) -> left: a later check has failed. */
  refill: { params: [I32, I32], results: [I32] },
  /** (left): a block does not fit into the remaining fuel. */
  exhausted: { params: [I32], results: [] },
  /** (left, units) -> left: charges a bulk instruction; units is 0 if the guest is unmetered. */
  bulk: { params: [I32, F64], results: [I32] },
  /** (memory, pages) -> the previous size in pages, or -1. */
  growMemory: { params: [I32, F64], results: [F64] },
  /** (memory) -> the size in pages of a shared memory. */
  memorySize: { params: [I32], results: [F64] },
  /** (table, elements, length) -> whether the table may grow. */
  mayGrowTable: { params: [I32, F64, F64], results: [I32] },
  /** (table, elements): the JavaScript engine did not grow the table. */
  tableStayed: { params: [I32, F64], results: [] },
  /** (depth) -> left: a function with that remaining depth has caught an exception. */
  caught: { params: [I32], results: [I32] },
  /** A checkpoint: may throw because of a deadline or a signal. */
  check: { params: [], results: [] },
  /** A NaN was to be converted to an integer. */
  invalidConversion: { params: [], results: [] },
  /** The frames take more bytes than the stack limit allows. */
  stackFull: { params: [], results: [] },
  /** (object, bytes of its contents, unsigned): a GC object was allocated. */
  newObject: { params: [ANYREF, I32], results: [] },
  /** (memory, address, whether 8 bytes are expected, expected, timeout) -> result: memory.atomic.wait. */
  wait: { params: [I32, F64, I32, I64, I64], results: [I32] },
  /** (memory, address, count) -> how many waits were ended: memory.atomic.notify. */
  notify: { params: [I32, F64, I32], results: [I32] },
  /** (left, depth, function) -> left: an observed function begins; depth is what it has, itself included. */
  entered: { params: [I32, I32, I32], results: [I32] },
  /** (left, function): an observed function ends. */
  left: { params: [I32, I32], results: [] },
  /** (offset): observed code is at that offset of the original module. */
  reached: { params: [I32], results: [] },
} as const satisfies Record<string, Signature>;

export type HookName = keyof typeof HOOKS;
const HOOK_NAMES = Object.keys(HOOKS) as HookName[];

/**
 * The names of the instrumented module's exports and of its memory imports. If there are several of a kind, the index in the original module follows.
 */
export const NAMES = {
  module: 'i',
  memory: 'm',
  function: 'f',
  table: 't',
  global: 'g',
  tag: 'x',
  hooks: 'h',
  getLeft: 'a',
  getDepth: 'b',
  setLeft: 'c',
  setDepth: 'd',
  threshold: 'e',
  getIndex: 'k',
  getStack: 'p',
  setStack: 'q',
  initialize: 'n',
} as const;

/** Where the count and the depth are kept, and which other globals exist. This is fixed before any code is written. */
export interface Places {
  readonly left: number;
  readonly depth: number;
  /** The global with the index of the last call through a table; the JavaScript engine's trap does not say what was wrong with the entry. */
  readonly lastIndex: number;
  /** The global with the bytes of stack that are left; it exists only if frames are counted. */
  readonly stack: number;
  readonly hookTable: number;
  readonly firstAdded: number;
}

/** What decides which hooks there are. */
export type HookOptions = Pick<InstrumentOptions, 'chargesObjects' | 'waits' | 'tellsFunctions' | 'tellsPlaces'>;

/** The hooks for a set of options: those of threads, objects and observers are missing where there are none, which the JavaScript engine may lack. */
export function hookNames({ chargesObjects, waits, tellsFunctions, tellsPlaces }: HookOptions): readonly HookName[] {
  const optional: Partial<Record<HookName, boolean>> = {
    newObject: chargesObjects,
    wait: waits,
    notify: waits,
    memorySize: waits,
    entered: tellsFunctions,
    left: tellsFunctions,
    reached: tellsPlaces,
  };
  return HOOK_NAMES.filter((name) => optional[name] ?? true);
}

/** The byte that introduces a function type. */
const FUNC_FORM = 0x60;

/** The hooks after which a guest may wait: as long as the flag "waits" is set, it calls "suspend", and "goOn" with the number that it gave. */
const WAITING: readonly HookName[] = ['enter', 'refill'];

/**
 * Encodes a module that imports the hooks by name from "h" and puts them into the table that it imports as "t" "t".
 * @param waits guests wait after some of them: it imports also what that needs
 */
export function hooksModule(options: HookOptions, waits = false): Uint8Array {
  const names = hookNames(options);
  const waiting = waits ? WAITING : [];
  const [suspend, goOn, firstAdded] = [names.length, names.length + 1, names.length + 2];
  const signatures: Signature[] = [
    ...names.map((name) => HOOKS[name] as Signature),
    ...(waits
      ? [
          { params: [], results: [I32] },
          { params: [I32], results: [I32] },
        ]
      : []),
  ];
  const writer = new ByteWriter();
  writer.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  writer.vectorSection(1, signatures, ({ params, results }) => {
    writer.u8(FUNC_FORM);
    writer.vector(params, (type) => writer.type(type));
    writer.vector(results, (type) => writer.type(type));
  });
  writer.section(2, () => {
    const functions = waits ? [...names, 'suspend', 'goOn'] : names;
    writer.u32(functions.length + (waits ? 2 : 1));
    functions.forEach((name, i) => {
      writer.name('h');
      writer.name(name);
      writer.u8(0);
      writer.u32(i);
    });
    if (waits) {
      writer.name('h');
      writer.name('waits');
      writer.u8(3);
      writer.type(I32);
      writer.u8(1);
    }
    writer.name('t');
    writer.name('t');
    writer.raw(Uint8Array.of(1, 0x70, 0, names.length));
  });
  writer.vectorSection(3, waiting, (name) => writer.u32(names.indexOf(name)));
  writer.section(9, () => {
    writer.raw(Uint8Array.of(1, 0));
    writer.raw(ZERO);
    writer.vector(names, (name, i) => {
      const added = waiting.indexOf(name);
      writer.u32(added < 0 ? i : firstAdded + added);
    });
  });
  writer.vectorSection(10, waiting, (name) => {
    const body = waitingBody(names.indexOf(name), (HOOKS[name] as Signature).params.length, suspend, goOn);
    writer.u32(body.length);
    writer.raw(body);
  });
  return writer.finish();
}
/** The body of a function that calls a hook with its own arguments, and waits afterwards. */
function waitingBody(hook: number, params: number, suspend: number, goOn: number): Uint8Array {
  const code = new Code();
  code.u8(1);
  code.u8(1);
  code.type(I32);
  for (let k = 0; k < params; k++) code.getLocal(k);
  code.call(hook);
  code.setLocal(params);
  code.openEmpty('loop');
  code.getGlobal(0);
  code.if();
  code.call(suspend);
  code.call(goOn);
  code.setLocal(params);
  code.br(1);
  code.end();
  code.end();
  code.getLocal(params);
  code.end();
  return code.finish();
}

/** Encodes a custom section that names the module: V8 shows the name in its stack traces. */
export function nameSection(name: string): Uint8Array {
  const bytes = encodeUtf8(name);
  const writer = new ByteWriter();
  writer.section(0, () => {
    writer.name('name');
    writer.u8(0);
    writer.u32(bytes.length + 1);
    writer.name(name);
  });
  return writer.finish();
}
