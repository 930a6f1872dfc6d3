// Who calls: a tenant by its key. Keys are known by their SHA-256 alone. Refuses calls without a key where there is no tenant `anonymous`.
import { createHash } from 'node:crypto';
import { ANONYMOUS, type BudgetConfig, type TenantConfig } from '../config/schema.js';
import { Problem } from '../problems/problem.js';
import type { Share } from './fair-queue.js';

/** A tenant as calls know it. */
export interface Tenant extends Share {
  readonly budget: BudgetConfig | undefined;
}

const BEARER = /^Bearer +(\S+)$/i;

/** SHA-256 in hexadecimal digits, as keys are configured. */
export function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
/** The key of an `Authorization` field. */
export function bearerKey(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

export class Tenants {
  #byName = new Map<string, Tenant>();
  #byKey = new Map<string, Tenant>();

  constructor(configured: Readonly<Record<string, TenantConfig>>) {
    this.replace(configured);
  }
  /** Calls that are on their way keep the tenant that they came with. */
  replace(configured: Readonly<Record<string, TenantConfig>>): void {
    const byName = new Map<string, Tenant>();
    const byKey = new Map<string, Tenant>();
    for (const [name, { keys, weight, queue, concurrency = Number.POSITIVE_INFINITY, budget }] of Object.entries(
      configured,
    )) {
      const tenant: Tenant = { name, weight, queue, concurrency, budget };
      byName.set(name, tenant);
      for (const key of keys) byKey.set(key, tenant);
    }
    this.#byName = byName;
    this.#byKey = byKey;
  }
  get all(): readonly Tenant[] {
    return [...this.#byName.values()];
  }
  named(name: string): Tenant | undefined {
    return this.#byName.get(name);
  }
  /** @throws Problem 'no-key' */
  of(authorization: string | undefined): Tenant {
    const key = bearerKey(authorization);
    const tenant = key === undefined ? this.#byName.get(ANONYMOUS) : this.#byKey.get(keyHash(key));
    if (tenant !== undefined) return tenant;
    throw new Problem('no-key', key === undefined ? 'send `Authorization: Bearer KEY`' : 'no tenant has this key');
  }
}
