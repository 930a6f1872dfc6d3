// What each tenant may use in a period, on this machine. A call reserves the most that it can use before it begins, so that a budget is never
// exceeded. Refuses calls beyond it until the next period.
import { Problem } from '../problems/problem.js';
import type { Tenant } from './tenants.js';

/** A part of a budget that a call holds while it runs. */
export interface Reservation {
  /** Instructions that the call may use at most. */
  readonly fuel: number;
  /** @param fuel instructions that it has used */
  settle(fuel: number): void;
}
/** Where budgets are kept. */
export interface Budgets {
  /** Whether a call may begin, before it waits for its turn. @throws Problem 'budget-used-up' */
  check(tenant: Tenant): void;
  /** @param fuel instructions that the call wants at most @throws Problem 'budget-used-up' */
  reserve(tenant: Tenant, fuel: number): Reservation | Promise<Reservation>;
}

interface Period {
  readonly ends: number;
  fuel: number;
  calls: number;
}

export class LocalBudgets implements Budgets {
  readonly #periods = new Map<string, Period>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never runs back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  check(tenant: Tenant): void {
    this.#open(tenant);
  }
  reserve(tenant: Tenant, wanted: number): Reservation {
    const { budget } = tenant;
    const period = this.#open(tenant);
    if (period === undefined) return { fuel: wanted, settle: () => {} };
    const left = (budget?.fuel ?? Number.POSITIVE_INFINITY) - period.fuel;
    const fuel = Math.min(wanted, left);
    period.calls++;
    period.fuel += fuel;
    return {
      fuel,
      settle: (used) => {
        period.fuel -= fuel - Math.min(used, fuel);
      },
    };
  }
  /** @returns undefined for a tenant without a budget */
  #open(tenant: Tenant): Period | undefined {
    const { name, budget } = tenant;
    if (budget === undefined) return undefined;
    const period = this.#period(name, budget.periodMs);
    const { fuel = Number.POSITIVE_INFINITY, calls = Number.POSITIVE_INFINITY } = budget;
    if (period.fuel < fuel && period.calls < calls) return period;
    throw usedUp(tenant, period.ends - this.#now());
  }
  #period(name: string, periodMs: number): Period {
    const known = this.#periods.get(name);
    if (known !== undefined && this.#now() < known.ends) return known;
    const period = { ends: this.#now() + periodMs, fuel: 0, calls: 0 };
    this.#periods.set(name, period);
    return period;
  }
}

/** @param leftMs until the next period */
export function usedUp({ name }: Tenant, leftMs: number): Problem {
  const retryAfter = Math.max(1, Math.ceil(leftMs / 1_000));
  return new Problem('budget-used-up', `tenant '${name}' has used, or reserved, all of its budget`, { retryAfter });
}
