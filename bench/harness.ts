// What a measurement is, how its results look, and the timing that every measurement shares.
// Refuses to judge on its own: a target belongs to a row, and a row without one is only reported.

/** One row of a result. */
export interface BenchRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number | null;
  /** Whether the target is met; null without a target. */
  readonly ok: boolean | null;
}

/** What one measurement gives. */
export interface BenchResult {
  name: string;
  results: BenchRow[];
}

/** What a measurement is told. */
export interface BenchArgs {
  readonly json: boolean;
  /** Shorter runs with the same rows: to see that it works, not to quote figures. */
  readonly quick: boolean;
  /** The arguments that the runner does not know. */
  readonly rest: readonly string[];
}

/** Every file of bench/ that is a measurement exports one of these under the name `bench`. */
export type Bench = (args: BenchArgs) => Promise<BenchResult>;

/** A row whose value must not be above its target. */
export function atMost(what: string, value: number, unit: string, target: number): BenchRow {
  return { what, value, unit, target, ok: value <= target };
}

/** A row whose value must not be below its target. */
export function atLeast(what: string, value: number, unit: string, target: number): BenchRow {
  return { what, value, unit, target, ok: value >= target };
}

/** A row that is only reported. */
export function plain(what: string, value: number, unit: string): BenchRow {
  return { what, value, unit, target: null, ok: null };
}

/** Milliseconds of the fastest of several runs: what the code costs when nothing else disturbs it. */
export function fastest(runs: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Milliseconds of processor time that some work takes: unlike wall time it does not grow when other programs take turns on the processor. */
export function processorMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

export function geomean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The word after an option's name among the arguments. */
export function option({ rest }: BenchArgs, name: string, fallback: string): string {
  const at = rest.indexOf(name);
  return at < 0 ? fallback : (rest[at + 1] ?? fallback);
}

/** @throws Error when a measurement's result is wrong: a wrong result is not worth timing. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`wrong result, nothing was measured: ${what}`);
}

/** The rows as an aligned table. */
export function table(result: BenchResult): string {
  const cells = result.results.map((row) => [
    row.what,
    figure(row.value),
    row.unit,
    row.target === null ? '' : figure(row.target),
    row.ok === null ? '' : row.ok ? 'ok' : 'MISSED',
  ]);
  cells.unshift(['what', 'value', 'unit', 'target', 'ok']);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        column === 1 || column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  return [result.name, ...lines].join('\n');
}

function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);
}
