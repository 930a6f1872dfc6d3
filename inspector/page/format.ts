// Numbers as people read them. Refuses nothing.

const COUNT = new Intl.NumberFormat('en');

/** 1,234,567 */
export function count(value: number): string {
  return COUNT.format(value);
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** 64 KiB; small numbers as they are: 512 B */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  let scaled = value / 1024;
  let unit = 0;
  for (; scaled >= 1024 && unit < UNITS.length - 1; unit++) scaled /= 1024;
  return `${Number.isInteger(scaled) ? scaled : scaled.toFixed(1)} ${UNITS[unit]}`;
}

/** 0.35 ms, 12 ms, 3.4 s */
export function milliseconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} ms`;
  if (value < 1_000) return `${Math.round(value)} ms`;
  return `${(value / 1_000).toFixed(1)} s`;
}

/** 1.2 M: for axes and boxes, where room is short. */
export function short(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let scaled = value;
  let unit = 0;
  for (; scaled >= 1_000 && unit < units.length - 1; unit++) scaled /= 1_000;
  return `${unit === 0 ? scaled : scaled.toFixed(scaled < 10 ? 1 : 0)}${units[unit]}`;
}

/** 25 %, below 1: 0.4 % */
export function percent(part: number, whole: number): string {
  const value = whole === 0 ? 0 : (100 * part) / whole;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function hex(value: number, digits = 0): string {
  return value.toString(16).padStart(digits, '0');
}
