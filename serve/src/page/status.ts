// What the page is sent once a second, and what in it needs a look: the one place that says what is well. Refuses nothing.

/** `GET /api/status`. */
export interface Status {
  readonly ready: boolean;
  readonly pool: { readonly idle: number; readonly busy: number; readonly starting: number; readonly recycled: number };
  readonly waiting: number;
  readonly running: number;
  readonly functions: readonly FunctionStatus[];
  readonly tenants: readonly TenantStatus[];
  /** Of many machines; 'unknown' where the broker does not answer. */
  readonly jobs?: JobCounts | 'unknown';
}
export interface JobCounts {
  readonly waiting: number;
  readonly dead: number;
}
/** One of `GET /api/dead-jobs`. */
export interface DeadJob {
  readonly letter: number;
  readonly tenant: string;
  readonly function: string;
  readonly job: string;
  readonly tries: number;
  readonly since: string;
  readonly problem: { readonly title: string; readonly detail: string };
}
export interface FunctionStatus {
  readonly name: string;
  readonly convention: string;
  readonly sha256: string;
  readonly running: number;
  /** All absent before the first call. Times are of the last calls, in milliseconds. */
  readonly calls?: number;
  readonly failed?: number;
  readonly failedLately?: number;
  readonly p50?: number;
  readonly p99?: number;
}
export interface TenantStatus {
  readonly name: string;
  readonly weight: number;
  /** Calls that may wait. */
  readonly queue: number;
  readonly waiting: number;
  readonly running: number;
  readonly used?: { readonly fuel: number; readonly timeMs: number; readonly calls: number } | undefined;
}

const MANY_FAILED = 0.1;
const NEARLY_FULL = 0.5;

/** What a person should look at, one sentence each; none if all is well. */
export function faultsOf({ functions, tenants, pool, jobs }: Status): string[] {
  const faults: string[] = [];
  for (const { name, failedLately = 0 } of functions) {
    if (failedLately > MANY_FAILED)
      faults.push(`Of the last calls of ${name}, ${Math.round(100 * failedLately)} % failed.`);
  }
  for (const { name, waiting, queue } of tenants) {
    if (queue > 0 && waiting > NEARLY_FULL * queue)
      faults.push(`Of tenant ${name}, ${waiting} calls wait: at ${queue} they are refused.`);
  }
  if (pool.idle + pool.busy === 0) faults.push('There is no enclave: calls wait for one that starts.');
  if (jobs === 'unknown') faults.push('The broker does not answer: jobs and changes are refused.');
  else if (jobs !== undefined && jobs.dead > 0) faults.push(`Jobs that are dead: ${jobs.dead}.`);
  return faults;
}
