// How the limits of a guest are asked for: a row for each limit of the product's table, so that none is missing here. Refuses nothing: words.ts reads the
// numbers.
import { type LimitsOf, limitsOf } from '#src/wasm/limit-table.js';

export type LimitField = LimitsOf<'call' | 'instance'>;
interface Field {
  readonly label: string;
  readonly unit: string;
  /** How much one of the unit is of the limit's own. */
  readonly scale: number;
  readonly initial: string;
  /** Behind “More limits”. */
  readonly rare?: true;
}

const MIB = 1 << 20;
/** What a page can do without a guest that took it all. */
export const FIELDS: Readonly<Record<LimitField, Field>> = {
  fuel: { label: 'Fuel', unit: 'instructions', scale: 1, initial: '' },
  timeoutMs: { label: 'Time', unit: 'seconds', scale: 1_000, initial: '' },
  memoryBytes: { label: 'Memory', unit: 'MiB', scale: MIB, initial: '256' },
  outputBytes: { label: 'Output', unit: 'MiB', scale: MIB, initial: '16' },
  hostCalls: { label: 'Host calls', unit: 'calls', scale: 1, initial: '' },
  stackBytes: { label: 'Stack', unit: 'KiB', scale: 1024, initial: '', rare: true },
  callDepth: { label: 'Call depth', unit: 'calls', scale: 1, initial: '', rare: true },
  tableElements: { label: 'Table elements', unit: 'elements', scale: 1, initial: '', rare: true },
  openFiles: { label: 'Open files', unit: 'files', scale: 1, initial: '', rare: true },
  threads: { label: 'Threads', unit: 'threads', scale: 1, initial: '', rare: true },
};
export const LIMIT_FIELDS: readonly LimitField[] = limitsOf('call', 'instance').sort(
  (a, b) => Object.keys(FIELDS).indexOf(a) - Object.keys(FIELDS).indexOf(b),
);
