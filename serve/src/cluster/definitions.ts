// Functions and tenants of all nodes: modules in the object store by their SHA-256, definitions in a key-value bucket with compare-and-swap. Every node
// follows them. Refuses modules that are not what their hash says, and changes to a revision that is no longer the last.
import type { KV } from '@nats-io/kv';
import type { ObjectStore } from '@nats-io/obj';
import { checked } from '../config/config-error.js';
import { type Definition, definitionSchema, type TenantConfig, tenantSchema } from '../config/schema.js';
import { sha256Of } from '../functions/registry.js';
import { Problem } from '../problems/problem.js';
import { type Broker, NAMES } from './connection.js';

/** A function as it is kept: its module is elsewhere. */
export interface StoredFunction {
  readonly sha256: string;
  readonly definition: Definition;
}
/** Is told what is there, first all, then what changes. Must not throw. */
export interface DefinitionListener {
  function(name: string, stored: StoredFunction | undefined): Promise<void>;
  tenant(name: string, tenant: TenantConfig | undefined): Promise<void>;
  fault(what: string, error: unknown): void;
}

export class Definitions {
  readonly #modules: ObjectStore;
  readonly #functions: KV;
  readonly #tenants: KV;
  readonly #stops: (() => void)[] = [];

  private constructor(modules: ObjectStore, functions: KV, tenants: KV) {
    this.#modules = modules;
    this.#functions = functions;
    this.#tenants = tenants;
  }
  static async open({ objects, values }: Broker, replicas: number): Promise<Definitions> {
    const modules = await objects.create(NAMES.modules, { replicas });
    const functions = await values.create(NAMES.functions, { replicas, history: HISTORY });
    return new Definitions(modules, functions, await values.create(NAMES.tenants, { replicas, history: HISTORY }));
  }

  /** @returns its hash */
  async putModule(bytes: Uint8Array): Promise<string> {
    const name = sha256Of(bytes);
    const known = await this.#modules.info(name);
    if (known === null || known.deleted) await this.#modules.putBlob({ name }, bytes);
    return name;
  }
  /** @throws Problem 'unavailable' where it is not there, or not what its name says */
  async module(sha256: string): Promise<Uint8Array> {
    const bytes = await this.#modules.getBlob(sha256);
    if (bytes === null) throw new Problem('unavailable', `module ${sha256} is not in the store`);
    if (sha256Of(bytes) !== sha256) throw new Problem('unavailable', `module ${sha256} is not what its hash says`);
    return bytes;
  }

  /** @param revision of what it replaces; 0: of nothing; undefined: of whatever there is @returns the new revision */
  putFunction(name: string, stored: StoredFunction, revision: number | undefined): Promise<number> {
    return put(this.#functions, name, stored, revision);
  }
  putTenant(name: string, tenant: TenantConfig, revision: number | undefined): Promise<number> {
    return put(this.#tenants, name, tenant, revision);
  }
  removeFunction(name: string): Promise<boolean> {
    return remove(this.#functions, name);
  }
  removeTenant(name: string): Promise<boolean> {
    return remove(this.#tenants, name);
  }

  /** Tells all that there is, resolves, and goes on to tell what changes. */
  async follow(listener: DefinitionListener): Promise<void> {
    const tenant = async (name: string, value: unknown): Promise<void> =>
      listener.tenant(name, value === undefined ? undefined : checked(tenantSchema, value, `tenant ${name}`));
    const one = async (name: string, value: unknown): Promise<void> => {
      if (value === undefined) return listener.function(name, undefined);
      const { sha256, definition } = value as StoredFunction;
      return listener.function(name, { sha256, definition: checked(definitionSchema, definition, `function ${name}`) });
    };
    // Functions name tenants, so these come first.
    await this.#followBucket(this.#tenants, tenant, listener);
    await this.#followBucket(this.#functions, one, listener);
  }
  async #followBucket(
    bucket: KV,
    tell: (name: string, value: unknown) => Promise<void>,
    { fault }: DefinitionListener,
  ): Promise<void> {
    const watch = await bucket.watch();
    this.#stops.push(() => watch.stop());
    const there = await bucket.status();
    await new Promise<void>((resolve) => {
      const all = async (): Promise<void> => {
        if (there.values === 0) resolve();
        for await (const { key, operation, value, delta } of watch) {
          try {
            await tell(key, operation === 'PUT' ? JSON.parse(new TextDecoder().decode(value)) : undefined);
          } catch (error) {
            fault(key, error);
          }
          if (delta === 0) resolve();
        }
      };
      void all().catch((error) => fault(there.bucket, error));
    });
  }
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
const HISTORY = 8;

/** @throws Problem 'changed-meanwhile' */
async function put(bucket: KV, name: string, value: object, revision: number | undefined): Promise<number> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  if (revision === undefined) return bucket.put(name, bytes);
  try {
    return await (revision === 0 ? bucket.create(name, bytes) : bucket.update(name, bytes, revision));
  } catch (error) {
    const now = await bucket.get(name);
    const is = now === null || now.operation !== 'PUT' ? 0 : now.revision;
    if (is === revision) throw error;
    throw new Problem('changed-meanwhile', `'${name}' has revision ${is}, not ${revision}`, {
      members: { revision: is },
    });
  }
}
async function remove(bucket: KV, name: string): Promise<boolean> {
  const now = await bucket.get(name);
  if (now === null || now.operation !== 'PUT') return false;
  await bucket.delete(name, { previousSeq: now.revision });
  return true;
}
