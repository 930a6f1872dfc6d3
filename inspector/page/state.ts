// What the page shows, as signals: components read them and are drawn again when they change. Refuses nothing.
import { computed, signal } from '@preact/signals';
import type { ObservedPacket } from '#src/enclave/untrusted/observed-transport.js';
import type { ModeChoice } from '#src/runtime/running-mode.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import type { CallRow, Flame, HeapMap, InputFile, LiveUsage, Refusal, Summary } from '../messages.js';
import { FIELDS, LIMIT_FIELDS, type LimitField } from './limit-fields.js';
import type { Outcome } from './outcome.js';

// ---- the module ----

export interface OpenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly summary: Summary;
}
export const file = signal<OpenFile | undefined>(undefined);
/** The name of the file that is being read. */
export const opening = signal<string | undefined>(undefined);
export const refused = signal<{ readonly name: string; readonly refusal: Refusal } | undefined>(undefined);

// ---- how it is run ----

/** The place of the export that is called; -1: the program runs. */
export const entry = signal(-1);
export const args = signal('');
export const environment = signal('');
/** Input that is given at the start; undefined: the terminal asks for it. */
export const stdin = signal<string | undefined>(undefined);
export const mode = signal<ModeChoice>('auto');
export const records = signal(true);
/** MiB; 'system' memory is not of a pool and has no map. */
export const INITIAL_POOL = '64';
export const pool = signal(INITIAL_POOL);
export const inputFiles = signal<readonly InputFile[]>([]);
export const limits = Object.fromEntries(LIMIT_FIELDS.map((name) => [name, signal(FIELDS[name].initial)])) as Readonly<
  Record<LimitField, ReturnType<typeof signal<string>>>
>;
export function initialLimit(name: string): string {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name as LimitField].initial : '';
}
/** A fault of a field, found when the run was to begin. */
export const fault = signal<string | undefined>(undefined);

/** Whether a guest can wait for the page: then it reads from the terminal, and its files stay on the page. */
export const isolated = globalThis.crossOriginIsolated === true;

// ---- the run ----

export const phase = signal<'idle' | 'starting' | 'running' | 'stopping' | 'ended'>('idle');
export const runs = computed(() => phase.value !== 'idle' && phase.value !== 'ended');
/** Something stands in the terminal. */
export const printed = signal(false);
/** The guest waits for a line of the terminal. */
export const waitsForInput = signal(false);
export const outcome = signal<Outcome | undefined>(undefined);
export const usage = signal<LiveUsage | undefined>(undefined);
/** Each run has another number. */
export const run = signal(0);
/** Milliseconds of the guest's call so far. */
export const elapsed = signal(0);
/** The limits that the run has. */
export const runLimits = signal<Pick<LimitOptions, LimitField>>({});

/** Rows that are added often: the list stays the same object, and its number of changes is the signal. */
export class Log<Row> {
  rows: Row[] = [];
  readonly changes = signal(0);
  readonly #most: number;
  /** Rows that were taken away at the front. */
  dropped = 0;
  constructor(most: number) {
    this.#most = most;
  }
  add(...rows: readonly Row[]): void {
    this.rows.push(...rows);
    const over = this.rows.length - this.#most;
    if (over > this.#most / 10) {
      this.rows = this.rows.slice(over);
      this.dropped += over;
    }
    this.#tell();
  }
  clear(): void {
    this.rows = [];
    this.dropped = 0;
    this.#tell();
  }
  #waiting = false;
  /** Components are drawn once a frame however much is added. */
  #tell(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.changes.value++;
    });
  }
}
/** A call, or a number of calls that are not shown. */
export type CallEntry = CallRow | { readonly skipped: number };
export const calls = new Log<CallEntry>(20_000);
export const packets = new Log<ObservedPacket>(20_000);
/** What it had used at moments of the run. */
export interface Moment {
  readonly ms: number;
  readonly fuel: number;
  readonly memoryBytes: number;
}
export const moments = new Log<Moment>(10_000);
export const heap = signal<HeapMap | undefined>(undefined);
export const flame = signal<Flame | undefined>(undefined);
/** The guest's files as they were when somebody looked last. */
export const files = signal<readonly InputFile[] | undefined>(undefined);

// ---- what is in view ----

export const TABS = {
  terminal: 'Terminal',
  flame: 'Flame chart',
  timeline: 'Timeline',
  calls: 'Calls',
  memory: 'Memory',
  heap: 'Heap map',
  packets: 'Packets',
  files: 'Files',
  module: 'Module',
} as const;
export type Tab = keyof typeof TABS;
export const tab = signal<Tab>('terminal');
