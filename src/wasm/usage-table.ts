// What a call, or an instance in its life, has used, one row per field. The type, its sums, what crosses the boundary, the command line's
// report and the table in docs/embedding.md come from here; the comment of a row is its sentence everywhere. Refuses nothing.

interface UsageRow {
  /** Milliseconds may be fractions; all others are whole numbers; a hash has 32 bits. */
  readonly unit: 'instructions' | 'ms' | 'bytes' | 'calls' | 'threads' | 'hash';
  /** What it is of two calls together, one after the other: their sum, what the later one says, or the larger one. */
  readonly together: 'sum' | 'later' | 'most';
  /** The value is undefined if it is not counted. */
  readonly optional?: true;
  /** Only guests that can have threads have it. */
  readonly ofThreads?: true;
  /** In the command line's report. */
  readonly label: string;
}

/** The rows are in the order in which they cross the boundary. */
export const USAGE = {
  /** Instructions: a number as the limit is, exact up to 2^53-1, which it does not exceed; undefined if they are not counted. */
  fuel: { unit: 'instructions', together: 'sum', optional: true, label: 'instructions' },
  /** Milliseconds in calls, natives and sleeping included. Of calls below 0.05 ms one in 256 is timed. */
  wallMs: { unit: 'ms', together: 'sum', label: 'time' },
  /** Bytes held, of what the limit `memoryBytes` counts: at the end of the call, or now. */
  memoryBytes: { unit: 'bytes', together: 'later', label: 'memory' },
  /** The most bytes that were held at once in the life of the instance. */
  peakMemoryBytes: { unit: 'bytes', together: 'most', label: 'peak memory' },
  /** Calls to natives. */
  hostCalls: { unit: 'calls', together: 'sum', label: 'host calls' },
  /** Bytes that WASI read, from files, streams and sockets. */
  bytesRead: { unit: 'bytes', together: 'sum', label: 'read' },
  /** Bytes that WASI, and printf, wrote. */
  bytesWritten: { unit: 'bytes', together: 'sum', label: 'written' },
  /** Threads that the guest, or the embedder, started; undefined where it can have none. */
  threads: { unit: 'threads', together: 'sum', optional: true, ofThreads: true, label: 'threads started' },
  /** The most threads at once in the life of the instance, the first included. */
  peakThreads: { unit: 'threads', together: 'most', optional: true, ofThreads: true, label: 'threads at once' },
  /** A hash of which threads ran after which, for how long: equal for the same seed and input. Of deterministic guests alone. */
  schedule: { unit: 'hash', together: 'later', optional: true, ofThreads: true, label: 'schedule' },
} as const satisfies Readonly<Record<string, UsageRow>>;

type UsageOf<Rows> = {
  -readonly [Field in keyof Rows]: Rows[Field] extends { readonly optional: true } ? number | undefined : number;
};
/** What a call, or an instance in its life, has used. */
export type Usage = UsageOf<typeof USAGE>;
export type UsageField = keyof Usage;
export const USAGE_FIELDS = Object.keys(USAGE) as UsageField[];

/** Returns the row of a field, with the columns that not every row has. */
export function usageRow(field: UsageField): UsageRow {
  return USAGE[field];
}

/** This is copied for each instance, since making it from the rows takes several times longer. */
const NOTHING_USED = /* @__PURE__ */ Object.fromEntries(
  USAGE_FIELDS.map((field) => [field, usageRow(field).optional ? undefined : 0]),
) as unknown as Readonly<Usage>;

export function nothingUsed(): Usage {
  return { ...NOTHING_USED };
}

/** Returns the sum of two counts of instructions, at most the largest that a number holds exactly. */
export function sumOfFuel(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Adds what a later call used. */
export function addUsage(total: Usage, later: Readonly<Usage>): void {
  for (const field of USAGE_FIELDS) {
    const more = later[field];
    if (more === undefined) continue;
    const before = total[field] ?? 0;
    const { together } = USAGE[field];
    total[field] = together === 'sum' ? sumOfFuel(before, more) : together === 'most' ? Math.max(before, more) : more;
  }
}
