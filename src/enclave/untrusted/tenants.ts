// The queue of tasks that wait for an enclave, and an account per tenant. The tenant that was served least goes first. Refuses tasks beyond the
// queue's limit and beyond a tenant's budget.
import { EnclaveError, LimitError, sumOfFuel } from '../protocol/enclave-errors.js';

/** What one tenant may use in all; an absent member means no limit. */
export interface TenantBudget {
  /** The number of instructions. */
  readonly fuel?: number | undefined;
  /** Milliseconds for which its tasks hold enclaves. */
  readonly timeMs?: number | undefined;
  /** Bytes that each of its instances may hold. */
  readonly memoryBytes?: number | undefined;
}

/** What one tenant has used. */
export interface TenantUsage {
  /** The number of instructions, exact up to 2^53-1, where counting stops. */
  readonly fuel: number;
  /** Milliseconds for which its tasks held enclaves. */
  readonly timeMs: number;
  /** The number of tasks that have ended, failed ones included. */
  readonly calls: number;
}

export interface Waiting {
  readonly tenant: Tenant;
  start(enclave: unknown): void;
  reject(error: unknown): void;
}

/** A task that holds an enclave now. */
export interface Work {
  /** When it began, in milliseconds of the pool's clock. */
  readonly began: number;
  /** The number of its calls that hold a reservation. */
  reservations: number;
}

/** The part of the budget that one call holds while it runs: the most that the call can be charged. */
export interface Reservation {
  /** The number of instructions; undefined if neither the budget nor the call has a limit. */
  readonly fuel: number | undefined;
  readonly timeMs: number | undefined;
  readonly began: number;
  /** The task; undefined if the call runs on another call's reservation. */
  readonly work: Work | undefined;
}
/** The limits that a call has of its own. */
interface OwnLimits {
  readonly fuel?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Time beyond so many times the expected time of a task does not delay its tenant: the machine, not the tenant, caused it. */
const OUTLIER = 2;
/** The weight of a new value in a smoothed average. */
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
  /** Determines the order of tenants: milliseconds served, counted from where the others stood when it was added. */
  served = 0;
  running = 0;
  readonly #works = new Set<Work>();
  readonly #reservations = new Set<Reservation>();
  #wakeups: (() => void)[] = [];
  /** The average milliseconds of its tasks, smoothed; undefined before the first. */
  #typical: number | undefined;

  constructor(name: string, budget: TenantBudget) {
    this.name = name;
    this.budget = budget;
  }
  get usage(): TenantUsage {
    return { fuel: this.fuel, timeMs: this.timeMs, calls: this.calls };
  }
  /**
   * Counts a task. The tenant moves back in the order by the time that the task took, but by little more than its tasks usually take, since a pause
   * of the machine would otherwise cost it many turns. The usual time grows with tasks that really are long.
   * @param spent milliseconds @param usual the usual milliseconds of all tenants, for its first task
   * @returns the milliseconds that count for the order
   */
  charge(spent: number, usual: number): number {
    this.timeMs += spent;
    this.calls++;
    const counted = Math.min(spent, OUTLIER * (this.#typical ?? usual));
    this.served += counted;
    this.#typical = this.#typical === undefined ? counted : smoothed(this.#typical, counted);
    return counted;
  }
  /** Throws a LimitError where a budget is used up. @param now given where tasks run whose time counts already */
  check(now?: number): void {
    const { fuel, timeMs } = this.budget;
    if (fuel !== undefined && this.fuel >= fuel) throw new LimitError('fuel', fuel, this.#whose);
    if (timeMs !== undefined && this.#timeUsed(now) >= timeMs) throw new LimitError('timeoutMs', timeMs, this.#whose);
  }
  begin(work: Work): void {
    this.#works.add(work);
  }
  end(work: Work): void {
    this.#works.delete(work);
    this.#wake();
  }

  /**
   * Reserves a part of what is left: what the call asks for, or its share among the tasks that hold enclaves now, whichever is less. Returns
   * undefined where calls that run have reserved all of it; nextEnd() then says when to try again. Throws as check().
   */
  reserve(work: Work, own: OwnLimits, now: number): Reservation | undefined {
    this.check(now);
    const { budget } = this;
    let fuel = own.fuel;
    let timeMs = own.timeoutMs;
    const share = (rest: number, wanted = Number.POSITIVE_INFINITY) => {
      const sharers = [...this.#works].filter((one) => one === work || one.reservations === 0).length;
      return Math.min(wanted, Math.max(1, Math.floor(rest / sharers)));
    };
    if (budget.fuel !== undefined) {
      const rest = budget.fuel - this.fuel - sum(this.#reservations, (one) => one.fuel);
      if (rest <= 0) return undefined;
      fuel = share(rest, fuel);
    }
    if (budget.timeMs !== undefined) {
      // The time for which a call has already run is part of its task's time.
      const held = sum(this.#reservations, (one) => Math.max(0, (one.timeMs ?? 0) - (now - one.began)));
      const rest = budget.timeMs - this.#timeUsed(now) - held;
      if (rest < 1) return undefined;
      timeMs = share(rest, timeMs);
    }
    const reservation: Reservation = { fuel, timeMs, began: now, work };
    work.reservations++;
    this.#reservations.add(reservation);
    return reservation;
  }
  /** Makes a reservation for a nested call, which runs on the outer call's. */
  nested({ fuel, timeoutMs }: OwnLimits): Reservation {
    return { fuel, timeMs: timeoutMs, began: 0, work: undefined };
  }
  /** Ends the reservation of a call that has ended. @param fuel the instructions that the trusted side says it used; no more than it had count */
  endReservation(reservation: Reservation, fuel: number): void {
    const { work } = reservation;
    this.fuel = sumOfFuel(this.fuel, Math.min(Math.max(0, fuel), reservation.fuel ?? Number.POSITIVE_INFINITY));
    if (!work) return;
    this.#reservations.delete(reservation);
    work.reservations--;
    this.#wake();
  }
  /** Resolves when the next call or task ends. */
  nextEnd(): Promise<void> {
    return new Promise((resolve) => this.#wakeups.push(resolve));
  }
  allReserved(): LimitError {
    const { fuel, timeMs } = this.budget;
    const [limit, value] = fuel === undefined ? (['timeoutMs', timeMs ?? 0] as const) : (['fuel', fuel] as const);
    return new LimitError(
      limit,
      value,
      `${this.#whose}: calls that run have reserved all of it; give them limits of their own`,
    );
  }

  get #whose(): string {
    return `budget of tenant '${this.name}'`;
  }
  #timeUsed(now: number | undefined): number {
    return now === undefined ? this.timeMs : this.timeMs + sum(this.#works, ({ began }) => now - began);
  }
  #wake(): void {
    for (const wake of this.#wakeups.splice(0)) wake();
  }
}

function sum<T>(items: Iterable<T>, of: (item: T) => number | undefined): number {
  let total = 0;
  for (const item of items) total += of(item) ?? 0;
  return total;
}

export class TenantQueue {
  readonly #tenants = new Map<string, Tenant>();
  readonly #budgetOf: (tenant: string) => TenantBudget;
  readonly #limit: number;
  #waiting = 0;

  /** @param limit the most tasks that may wait, of all tenants together */
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
  /** Returns what each tenant has used that was not forgotten. */
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
    // A tenant that was idle does not get back all the time that it missed.
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
  /** Removes and returns the next task; undefined if none waits. */
  take(): Waiting | undefined {
    let next: Tenant | undefined;
    for (const tenant of this.#tenants.values()) {
      if (tenant.queue.length > 0 && (!next || tenant.served < next.served)) next = tenant;
    }
    const work = next?.queue.shift();
    if (work) this.#waiting--;
    return work;
  }
  /** Removes and returns all tasks that wait. */
  takeAll(): Waiting[] {
    const all: Waiting[] = [];
    for (let work = this.take(); work; work = this.take()) all.push(work);
    return all;
  }

  /** Returns the least time served of all busy tenants. */
  #least(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const tenant of this.#tenants.values()) {
      if (tenant.queue.length > 0 || tenant.running > 0) least = Math.min(least, tenant.served);
    }
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }
}
