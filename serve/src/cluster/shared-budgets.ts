// A tenant's budget over all nodes: each node reserves slices of a period's budget by compare-and-swap, and its calls use those. What a node has
// reserved and not used is lost with the period: the sum is never exceeded. Refuses calls when there is nothing left to reserve.
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { type Budgets, type Reservation, usedUp } from '../admission/budget.js';
import type { Tenant } from '../admission/tenants.js';
import type { NatsConfig } from '../config/schema.js';
import { Problem } from '../problems/problem.js';
import { type Broker, NAMES } from './connection.js';

/** Nodes that want a slice at the same time write one after another: whoever was late waits, at random and longer each time. */
const MOST_ATTEMPTS = 32;
const MOST_WAIT_MS = 256;

/** How the broker says that an entry is no longer what it was. */
const WRONG_LAST: ReadonlySet<unknown> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

/** Time and chance, which a simulation has its own of. */
export interface Surroundings {
  /** Milliseconds since 1970: what nodes agree on. */
  now(): number;
  wait(ms: number): Promise<void>;
  /** From 0 on, below 1. */
  random(): number;
}
const HERE: Surroundings = {
  now: Date.now,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
  random: Math.random,
};

/** What all nodes have reserved of a period. */
interface Reserved {
  readonly period: number;
  readonly fuel: number;
  readonly calls: number;
}
/** What this node has left of its slices. */
interface Own {
  readonly period: number;
  fuel: number;
  calls: number;
  /** There is nothing more to reserve. */
  isLast: boolean;
}

export class SharedBudgets implements Budgets {
  readonly #bucket: KV;
  /** What one node can hold back from the others is one of so many parts. */
  readonly #slices: number;
  readonly #own = new Map<string, Own>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #surroundings: Surroundings;

  private constructor(bucket: KV, slices: number, surroundings: Surroundings) {
    this.#bucket = bucket;
    this.#slices = slices;
    this.#surroundings = surroundings;
  }
  static async open(
    { values }: Pick<Broker, 'values'>,
    { replicas, budgetSlices }: Pick<NatsConfig, 'replicas' | 'budgetSlices'>,
    surroundings: Partial<Surroundings> = {},
  ): Promise<SharedBudgets> {
    return new SharedBudgets(await values.create(NAMES.budgets, { replicas }), budgetSlices, {
      ...HERE,
      ...surroundings,
    });
  }

  check(tenant: Tenant): void {
    const { budget, name } = tenant;
    if (budget === undefined) return;
    const own = this.#own.get(name);
    if (own === undefined || own.period !== this.#periodOf(budget.periodMs)) return;
    if (own.isLast && (own.fuel < 1 || own.calls < 1)) throw this.#usedUp(tenant);
  }
  async reserve(tenant: Tenant, wanted: number): Promise<Reservation> {
    const { budget } = tenant;
    if (budget === undefined) return { fuel: wanted, settle: () => {} };
    for (;;) {
      const own = this.#ownOf(tenant, budget.periodMs);
      if (own.calls >= 1 && (own.fuel >= wanted || (own.isLast && own.fuel >= 1))) {
        const fuel = Math.min(wanted, own.fuel);
        own.fuel -= fuel;
        own.calls--;
        return {
          fuel,
          settle: (used) => {
            own.fuel += fuel - Math.min(used, fuel);
          },
        };
      }
      if (own.isLast) throw this.#usedUp(tenant);
      await this.#ask(tenant, own, wanted);
    }
  }

  #periodOf(periodMs: number): number {
    return Math.floor(this.#surroundings.now() / periodMs);
  }
  #ownOf({ name }: Tenant, periodMs: number): Own {
    const period = this.#periodOf(periodMs);
    const known = this.#own.get(name);
    if (known?.period === period) return known;
    const own = { period, fuel: 0, calls: 0, isLast: false };
    this.#own.set(name, own);
    return own;
  }
  #usedUp(tenant: Tenant): Problem {
    const { periodMs } = tenant.budget!;
    return usedUp(tenant, periodMs - (this.#surroundings.now() % periodMs));
  }
  /** Calls of one tenant that need more at the same time ask once. */
  #ask(tenant: Tenant, own: Own, wanted: number): Promise<void> {
    const known = this.#asking.get(tenant.name);
    if (known !== undefined) return known;
    const asking = this.#reserveSlice(tenant, own, wanted)
      .catch((cause: unknown) => {
        throw new Problem('unavailable', `the budget of tenant '${tenant.name}' cannot be reserved`, {
          retryAfter: 1,
          cause,
        });
      })
      .finally(() => this.#asking.delete(tenant.name));
    this.#asking.set(tenant.name, asking);
    return asking;
  }
  async #reserveSlice({ name, budget }: Tenant, own: Own, wanted: number): Promise<void> {
    const { wait, random } = this.#surroundings;
    const { fuel: allFuel = Number.MAX_SAFE_INTEGER, calls: allCalls = Number.MAX_SAFE_INTEGER } = budget!;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const entry = await this.#bucket.get(name);
      const there = entry?.operation === 'PUT' ? (entry.json() as Reserved) : undefined;
      if (there !== undefined && there.period > own.period) {
        // The clock of this node is late: its period is over for the others, and what is left of it with them.
        own.isLast = true;
        return;
      }
      const before = there?.period === own.period ? there : { period: own.period, fuel: 0, calls: 0 };
      const fuel = Math.min(Math.max(wanted - own.fuel, Math.ceil(allFuel / this.#slices)), allFuel - before.fuel);
      const calls = Math.min(Math.ceil(allCalls / this.#slices), allCalls - before.calls);
      if (fuel < 1 || calls < 1) {
        own.isLast = true;
        return;
      }
      const after: Reserved = { period: own.period, fuel: before.fuel + fuel, calls: before.calls + calls };
      const bytes = new TextEncoder().encode(JSON.stringify(after));
      try {
        await (entry === null ? this.#bucket.create(name, bytes) : this.#bucket.update(name, bytes, entry.revision));
      } catch (error) {
        if (!WRONG_LAST.has((error as { readonly code?: unknown }).code)) throw error;
        // Another node was first: what is there then is read again.
        await wait(random() * Math.min(2 ** attempt, MOST_WAIT_MS));
        continue;
      }
      own.fuel += fuel;
      own.calls += calls;
      own.isLast = after.fuel >= allFuel || after.calls >= allCalls;
      return;
    }
    throw new Error(`another node was first, ${MOST_ATTEMPTS} times`);
  }
}
