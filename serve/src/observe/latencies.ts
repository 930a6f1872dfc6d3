// The last calls of each function, for people: quantiles of some hundred, and how many of them failed. Refuses to keep more of them.
const KEPT = 512;

interface Kept {
  readonly last: { readonly ms: number; readonly hasFailed: boolean }[];
  next: number;
  calls: number;
  failed: number;
}

export class Latencies {
  readonly #kept = new Map<string, Kept>();

  add(name: string, ms: number, hasFailed: boolean): void {
    const known = this.#kept.get(name) ?? { last: [], next: 0, calls: 0, failed: 0 };
    this.#kept.set(name, known);
    known.last[known.next] = { ms, hasFailed };
    known.next = (known.next + 1) % KEPT;
    known.calls++;
    if (hasFailed) known.failed++;
  }
  /** Times in milliseconds; undefined before the first call. */
  of(name: string) {
    const known = this.#kept.get(name);
    if (known === undefined) return undefined;
    const { last, calls, failed } = known;
    const sorted = last.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
    const failedLately = last.filter(({ hasFailed }) => hasFailed).length / last.length;
    return { p50: at(0.5), p99: at(0.99), calls, failed, failedLately };
  }
}
