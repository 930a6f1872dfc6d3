// The last times of each function, for people: quantiles of some hundred calls. Refuses to keep more of them.
const KEPT = 512;

/** Milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export class Latencies {
  readonly #times = new Map<string, { readonly last: number[]; next: number; calls: number; failed: number }>();

  add(name: string, ms: number, hasFailed: boolean): void {
    const known = this.#times.get(name) ?? { last: [], next: 0, calls: 0, failed: 0 };
    this.#times.set(name, known);
    known.last[known.next] = ms;
    known.next = (known.next + 1) % KEPT;
    known.calls++;
    if (hasFailed) known.failed++;
  }
  of(name: string): (Quantiles & { readonly calls: number; readonly failed: number }) | undefined {
    const known = this.#times.get(name);
    if (known === undefined) return undefined;
    const sorted = [...known.last].sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
    return { p50: at(0.5), p99: at(0.99), calls: known.calls, failed: known.failed };
  }
}
