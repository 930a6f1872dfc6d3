// Who waits for an enclave and who is next: a queue and an account per tenant. The tenant that was served least goes first.
// Refuses work beyond the queue's limit and beyond a tenant's budget.
import { EnclaveError, LimitError } from '../protocol/errors.js';

/** What one tenant may use in all; undefined: no limit. */
export interface TenantBudget {
  /** Instructions. */
  readonly fuel?: number | undefined;
  /** Milliseconds that its work holds enclaves. */
  readonly timeMs?: number | undefined;
  /** Bytes that each of its instances may hold. */
  readonly memoryBytes?: number | undefined;
}

/** What one tenant has used. */
export interface TenantUsage {
  readonly fuel: number;
  readonly timeMs: number;
  readonly calls: number;
}

export interface Waiting {
  readonly tenant: Tenant;
  start(enclave: unknown): void;
  reject(error: unknown): void;
}

/** Times what is expected: more than that counts as the host's fault. */
const OUTLIER = 2;
/** How much of a new value goes into a smoothed one. */
const WEIGHT = 0.2;

export function smoothed(old: number, value: number): number {
  return old + WEIGHT * (value - old);
}

export class Tenant {
  readonly name: string;
  readonly budget: TenantBudget;
  readonly queue: Waiting[] = [];
  fuel = 0;
  timeMs = 0;
  calls = 0;
  /** Its place in the order: milliseconds served, counted from where the others stood when it came. */
  served = 0;
  running = 0;
  /** Milliseconds of a piece of its work, smoothed; undefined before the first. */
  #typical: number | undefined;

  constructor(name: string, budget: TenantBudget) {
    this.name = name;
    this.budget = budget;
  }
  get usage(): TenantUsage {
    return { fuel: this.fuel, timeMs: this.timeMs, calls: this.calls };
  }
  /**
   * Counts a piece of work. Its place in the order moves on by what it took, but not by much more than its work takes as a rule: a pause of
   * the host would cost it many turns otherwise. What is the rule grows with work that is really long.
   * @param spent milliseconds @param usual of all tenants, for its first piece
   * @returns milliseconds that were counted
   */
  charge(spent: number, usual: number): number {
    this.timeMs += spent;
    this.calls++;
    const counted = Math.min(spent, OUTLIER * (this.#typical ?? usual));
    this.served += counted;
    this.#typical = this.#typical === undefined ? counted : smoothed(this.#typical, counted);
    return counted;
  }
  /** Throws a LimitError where a budget is used up. */
  check(): void {
    const { fuel, timeMs } = this.budget;
    if (fuel !== undefined && this.fuel >= fuel) throw new LimitError('fuel', fuel, `budget of tenant '${this.name}'`);
    if (timeMs !== undefined && this.timeMs >= timeMs) {
      throw new LimitError('timeoutMs', timeMs, `budget of tenant '${this.name}'`);
    }
  }
}

export class TenantQueue {
  readonly #tenants = new Map<string, Tenant>();
  readonly #budgetOf: (tenant: string) => TenantBudget;
  readonly #limit: number;
  #waiting = 0;

  /** @param limit work that may wait, of all tenants together */
  constructor(limit: number, budgetOf: (tenant: string) => TenantBudget) {
    this.#limit = limit;
    this.#budgetOf = budgetOf;
  }
  get waiting(): number {
    return this.#waiting;
  }
  get full(): boolean {
    return this.#waiting >= this.#limit;
  }
  tenant(name: string): Tenant {
    let tenant = this.#tenants.get(name);
    if (!tenant) {
      tenant = new Tenant(name, this.#budgetOf(name));
      this.#tenants.set(name, tenant);
    }
    return tenant;
  }
  /** Of every tenant there has been. */
  usages(): Map<string, TenantUsage> {
    return new Map([...this.#tenants].map(([name, tenant]) => [name, tenant.usage]));
  }
  /** Forgets a tenant that neither waits nor runs, and its account. */
  forget(name: string): boolean {
    const tenant = this.#tenants.get(name);
    if (!tenant || tenant.queue.length > 0 || tenant.running > 0) return false;
    return this.#tenants.delete(name);
  }

  add(work: Waiting): void {
    if (this.full) {
      throw new EnclaveError(
        'refused',
        `the pool's queue is full (${this.#limit}): wait for capacity() before giving it more`,
      );
    }
    const { tenant } = work;
    // A tenant that was away does not get all the time it missed.
    if (tenant.queue.length === 0 && tenant.running === 0) tenant.served = Math.max(tenant.served, this.#least());
    tenant.queue.push(work);
    this.#waiting++;
  }
  remove(work: Waiting): boolean {
    const at = work.tenant.queue.indexOf(work);
    if (at < 0) return false;
    work.tenant.queue.splice(at, 1);
    this.#waiting--;
    return true;
  }
  /** The work that is next; undefined: none waits. */
  take(): Waiting | undefined {
    let next: Tenant | undefined;
    for (const tenant of this.#tenants.values()) {
      if (tenant.queue.length > 0 && (!next || tenant.served < next.served)) next = tenant;
    }
    const work = next?.queue.shift();
    if (work) this.#waiting--;
    return work;
  }
  /** Takes everything that waits. */
  takeAll(): Waiting[] {
    const all: Waiting[] = [];
    for (let work = this.take(); work; work = this.take()) all.push(work);
    return all;
  }

  /** Where the busy tenant that was served least stands. */
  #least(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const tenant of this.#tenants.values()) {
      if (tenant.queue.length > 0 || tenant.running > 0) least = Math.min(least, tenant.served);
    }
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }
}
