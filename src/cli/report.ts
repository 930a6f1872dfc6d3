// Reports what a guest used, to people (--usage) and to programs (--json). Refuses nothing.
import { USAGE_FIELDS, type Usage, usageRow } from '../entry/tables.js';
import type { Guest, Outcome, RunRequest } from './request.js';

export function reportText(guest: Pick<Guest, 'mode'>, usage: Usage): string {
  const rows: readonly (readonly [string, string])[] = [
    ['mode', guest.mode],
    ...USAGE_FIELDS.filter((field) => usage[field] !== undefined || !usageRow(field).ofThreads).map(
      (field) => [usageRow(field).label, amountText(usage[field], usageRow(field).unit)] as const,
    ),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `usage\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`).join('')}`;
}

export function reportJson(
  request: RunRequest,
  guest: Guest | undefined,
  outcome: Outcome,
  usage: Usage | undefined,
): string {
  const all = {
    file: request.file,
    mode: guest?.mode,
    ...outcome,
    usage,
  };
  return `${JSON.stringify(all)}\n`;
}

function amountText(value: number | undefined, unit: ReturnType<typeof usageRow>['unit']): string {
  if (value === undefined) return 'not counted';
  if (unit === 'hash') return value.toString(16).padStart(8, '0');
  if (unit === 'ms') return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  return unit === 'bytes' ? bytesText(value) : grouped(value);
}

function grouped(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Returns a number of bytes as text: 1.5 MiB, or the exact number where it is small. */
function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${grouped(bytes)} bytes`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}
