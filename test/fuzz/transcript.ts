// Carries out a plan on one side and writes down everything that can be seen: outcomes, results, calls of imports, memories, tables,
// globals. Both sides run this very code, so that their transcripts can be compared line by line. Refuses nothing.
import { type HostValue, type Kind, OUTWARD, type ReferenceNames, referenceText, textsOf } from './kinds.js';
import type { Plan, PlannedRun } from './plan.js';

/** What the provider and the driver import from the fuzzer. */
export interface FuzzerFunctions {
  leaf(index: number, values: readonly HostValue[]): HostValue[];
}

/** Instances of one side: provider, module under test, driver. */
export interface Guest {
  /** Everything throws what the host throws. */
  provide(plan: Plan, functions: FuzzerFunctions): void;
  /** Links and instantiates the module, its start function included. */
  load(bytes: Uint8Array, plan: Plan): void;
  drive(plan: Plan): void;
  /** Calls a function of the driver, as an outermost call unless one runs. */
  run(name: string): readonly HostValue[];
  /** The whole memory. */
  memory(name: string): Uint8Array;
  table(name: string): { readonly length: number; get(index: number): unknown };
  /** The name of an exported function, of the module or the provider. */
  functionName(value: unknown): string | undefined;
  opaqueId(value: unknown): number | undefined;
  classify(error: unknown): Ending;
  /** What the last outermost call cost, where it is known. */
  readonly fuel: number | undefined;
}

/** How something ended that did not return. */
export interface Ending {
  /** False: another side may end otherwise (fuel, memory, stack): nothing after it can be compared. */
  readonly conclusive: boolean;
  /** For a trap: "trap " and its text in the specification; a host that cannot tell puts all it may be, separated by "|". */
  readonly text: string;
}

export interface Transcript {
  readonly lines: readonly string[];
  /** Lines between our own modes only: the exact fuel of each call, and where a limit ended it. */
  readonly fuel: readonly string[];
  /** Calls that ended conclusively: another side may run as many. */
  readonly calls: number;
  /** False: instantiation did not end conclusively. */
  readonly instantiated: boolean;
  /** How the first inconclusive thing ended. */
  readonly stopped: string | undefined;
}

/** Entries of a table that are looked at. */
const TABLE_ENTRIES = 64;
/** Bytes of each memory that are hashed after each call; at the end it is all of them. */
const HASHED_PER_CALL = 65_536;
/** So that the log of a loop that calls imports stays small; what is beyond is counted. */
const MOST_LEAF_LINES = 200;

class Player {
  readonly #plan: Plan;
  readonly #guest: Guest;
  readonly #names: ReferenceNames;
  readonly lines: string[] = [];
  readonly fuel: string[] = [];
  #leafCalls = 0;
  #leafLines = 0;
  #driven = false;
  #depth = 0;
  stopped: string | undefined;

  constructor(plan: Plan, guest: Guest) {
    this.#plan = plan;
    this.#guest = guest;
    this.#names = {
      functionName: (value) => guest.functionName(value) ?? 'func',
      opaqueId: (value) => guest.opaqueId(value),
    };
  }

  /** Does it and writes down how it ended. False: inconclusively. */
  #attempt(label: string, work: () => string): boolean {
    this.#leafLines = 0;
    let text: string;
    let conclusive = true;
    try {
      text = work();
    } catch (error) {
      const ending = this.#guest.classify(error);
      conclusive = ending.conclusive;
      text = ending.text;
      if (!conclusive) this.stopped = `${label}: ${text}`;
    }
    // Of an inconclusive end only what our own modes must agree on is kept.
    (conclusive ? this.lines : this.fuel).push(`${label} -> ${text}`);
    if (this.#guest.fuel !== undefined) this.fuel.push(`${label}: ${this.#guest.fuel} fuel`);
    return conclusive;
  }

  instantiate(bytes: Uint8Array): boolean {
    const done = this.#attempt('instantiate', () => {
      this.#guest.provide(this.#plan, { leaf: (index, values) => this.#leaf(index, values) });
      this.#guest.load(bytes, this.#plan);
      this.#guest.drive(this.#plan);
      this.#driven = true;
      return 'done';
    });
    return done;
  }

  /** Runs up to `most` calls; returns how many ended conclusively. */
  calls(most: number): number {
    if (!this.#driven) return 0;
    const { calls } = this.#plan;
    let done = 0;
    for (; done < Math.min(most, calls.length); done++) {
      const call = calls[done]!;
      const mark = this.lines.length;
      if (!this.#attempt(`${done} ${call.label}`, () => this.#outcome(call))) {
        // What an interrupted call logged belongs to a place in time that another side need not reach.
        this.lines.length = mark;
        return done;
      }
      this.#memories(`${done}`, HASHED_PER_CALL);
    }
    return done;
  }

  #outcome({ name, results }: PlannedRun): string {
    return textsOf(results, this.#guest.run(name), this.#names);
  }

  /** What can be seen of the instance between calls. */
  state(): void {
    if (!this.#driven) return;
    this.#memories('end', Number.POSITIVE_INFINITY);
    for (const run of this.#plan.globals) this.#attempt(run.label, () => this.#outcome(run));
    for (const name of this.#plan.tables) {
      const table = this.#guest.table(name);
      const entries = Array.from({ length: Math.min(table.length, TABLE_ENTRIES) }, (_, i) => this.#entry(table, i));
      this.lines.push(`table ${JSON.stringify(name)}: ${table.length}: ${entries.join(' ')}`);
    }
  }

  #entry(table: { get(index: number): unknown }, index: number): string {
    let value: unknown;
    try {
      value = table.get(index);
    } catch {
      // Exception references cannot be seen by a JavaScript host.
      return '?';
    }
    return (
      this.#guest.functionName(value) ?? (typeof value === 'function' ? 'func' : referenceText(value, this.#names))
    );
  }

  #memories(label: string, most: number): void {
    for (const name of this.#plan.memories) {
      const bytes = this.#guest.memory(name);
      this.lines.push(`${label} memory ${JSON.stringify(name)}: ${bytes.length} ${hashOf(bytes.subarray(0, most))}`);
    }
  }

  /** An import was called: logs it and makes up results, the same ones on every side. */
  #leaf(index: number, values: readonly HostValue[]): HostValue[] {
    const { params, results, label } = this.#plan.leaves[index]!;
    const number = this.#leafCalls++;
    if (this.#leafLines++ < MOST_LEAF_LINES) {
      this.lines.push(`  import ${number} ${label}(${textsOf(params, values, this.#names)})`);
    }
    const random = mix(this.#plan.seed ^ mix(number));
    this.#callBack(random);
    return results.flatMap((kind, i) => madeUp(kind, mix(random + i)));
  }

  /** Now and then an import calls the guest that called it. */
  #callBack(random: number): void {
    const { calls } = this.#plan;
    if (!this.#driven || this.#depth > 1 || calls.length === 0 || random % 8 !== 0) return;
    const call = calls[(random >>> 8) % calls.length]!;
    this.#depth++;
    let text: string;
    try {
      text = this.#outcome(call);
    } catch (error) {
      const ending = this.#guest.classify(error);
      if (!ending.conclusive) throw error;
      text = ending.text;
    } finally {
      this.#depth--;
    }
    this.lines.push(`  called back ${call.label} -> ${text}`);
  }
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Small numbers and any bits, as outward integers. */
function madeUp(kind: Kind, random: number): HostValue[] {
  return OUTWARD[kind].map((_, half) => {
    const bits = mix(random + half * 7);
    const small = random % 3 !== 0;
    if (kind === 'i32' || kind === 'f32') return (small ? bits % 32 : bits) | 0;
    return small ? BigInt(bits % 32) : BigInt.asIntN(64, (BigInt(bits) << 32n) | BigInt(mix(bits)));
  });
}

/** FNV-1a over words: memories are a multiple of four bytes long, or have small pages. */
function hashOf(bytes: Uint8Array): string {
  const copy = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(copy.buffer, copy.byteOffset, copy.length >> 2);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193) ^ (hash >>> 15);
  for (let i = words.length * 4; i < copy.length; i++) hash = Math.imul(hash ^ copy[i]!, 0x01000193);
  return (hash >>> 0).toString(16);
}

/** How far another side got. */
export interface Extent {
  readonly calls: number;
  /** False: that side was interrupted, so its state cannot be compared. */
  readonly state: boolean;
}

/** Runs the plan for the module's bytes, at most to an extent. Throws what is a bug of the fuzzer's or the engine's. */
export function play(guest: Guest, bytes: Uint8Array, plan: Plan, extent: Extent): Transcript {
  const player = new Player(plan, guest);
  const instantiated = player.instantiate(bytes);
  const calls = instantiated ? player.calls(extent.calls) : 0;
  if (player.stopped === undefined && extent.state) player.state();
  const { lines, fuel, stopped } = player;
  return { lines, fuel, calls, instantiated, stopped };
}
