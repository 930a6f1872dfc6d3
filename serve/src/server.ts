// The server put together: configuration to pool, registry, queue, HTTP; changed while it runs; drained at its end. Wiring only.
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { EnclavePool } from 'enclasm/enclave';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { LocalBudgets } from './admission/budget.js';
import { FairQueue } from './admission/fair-queue.js';
import { type Tenant, Tenants } from './admission/tenants.js';
import { type Call, Caller, type CallReport } from './calls/caller.js';
import { loadConfig } from './config/load.js';
import { type Config, type Definition, definitionSchema, type TenantConfig } from './config/schema.js';
import { FileFunctions, readConfigured, readFolder } from './functions/files.js';
import { inspect } from './functions/inspect.js';
import { type FunctionVersion, limitsOf, Registry } from './functions/registry.js';
import { Watch } from './functions/watch.js';
import { createPool, preloadFunction, slotsOf } from './guests/guest.js';
import { addApi, type Revision, tokenCheck } from './http/api.js';
import { createApp } from './http/app.js';
import { answerCalls } from './http/calls.js';
import { addPage } from './http/page.js';
import { addDeadLetters, addJobs } from './jobs/http.js';
import { Member } from './member.js';
import { Latencies } from './observe/latencies.js';
import { Metrics } from './observe/metrics.js';
import type { Status } from './page/status.js';
import { Problem } from './problems/problem.js';

/** Jobs that one node takes, for each place: the next is there when one ends. */
const JOBS_EACH = 8;

export interface ServeOptions {
  readonly config: Config;
  /** The file that the configuration came from: it is watched. */
  readonly file?: string | undefined;
  /** Default: standard output. */
  readonly log?: Logger | undefined;
}

export class Server {
  readonly #file: string | undefined;
  readonly #log: Logger;
  #config: Config;
  readonly #pool: EnclavePool;
  readonly #queue: FairQueue;
  readonly #tenants: Tenants;
  readonly #registry: Registry;
  readonly #latencies = new Latencies();
  readonly #app: FastifyInstance;
  readonly #configured: FileFunctions;
  readonly #inFolder: FileFunctions;
  readonly #watches: Watch[] = [];
  readonly #caller: Caller;
  /** One of many machines. */
  readonly #member: Member | undefined;
  /** What the API, here or elsewhere, put beside the configuration. */
  #putTenants: Record<string, TenantConfig> = {};
  /** What ends the preloading of versions. */
  readonly #preloaded = new WeakMap<FunctionVersion, Promise<() => void>>();
  #isReady = false;
  #running = 0;

  private constructor({ config, file }: ServeOptions, log: Logger, member: Member | undefined) {
    this.#member = member;
    this.#config = config;
    this.#file = file;
    this.#log = log;
    this.#pool = createPool(config.enclaves, (level, text) => log.info({ level, text }, 'enclave'));
    const { limit, maxWaitMs } = config.queue;
    this.#queue = new FairQueue({ slots: slotsOf(config.enclaves), limit, maxWaitMs });
    this.#tenants = new Tenants(config.tenants);
    this.#registry = this.#createRegistry();
    this.#configured = new FileFunctions(this.#registry);
    this.#inFolder = new FileFunctions(this.#registry);
    const metrics = this.#createMetrics();
    this.#caller = new Caller({
      registry: this.#registry,
      queue: this.#queue,
      budgets: member?.budgets ?? new LocalBudgets(),
      pool: this.#pool,
      metrics,
      latencies: this.#latencies,
      log,
      limits: () => this.#config.limits,
    });
    const calls = answerCalls(this.#tenants, (call, report) => this.#counted(() => this.#callAnywhere(call, report)));
    this.#app = createApp(log, { isReady: () => this.#isReady, metrics, calls });
    const hasToken = tokenCheck(() => this.#config.adminKey);
    addApi(this.#app, hasToken, {
      functions: () => this.#registry.all,
      put: (...given) => this.#put(...given),
      remove: (name) => this.#remove(name),
      putTenant: (...given) => this.#putTenant(...given),
      removeTenant: (name) => this.#removeTenant(name),
      status: async () => ({ ...this.status, ...(member && { jobs: (await member.jobCounts()) ?? 'unknown' }) }),
    });
    if (member) {
      addJobs(this.#app, this.#tenants, member.jobs, (name, tenant) => void this.#caller.check(name, tenant));
      addDeadLetters(this.#app, member.jobs.dead, hasToken);
    }
    addPage(this.#app);
  }

  /** Starts a server: when it resolves, it answers. @throws ConfigError; what listening throws */
  static async start(options: ServeOptions): Promise<Server> {
    const { config, log = pino({ level: config.logLevel }) } = options;
    const member = config.nats && (await Member.open(config.nats, log));
    const server = new Server(options, log, member);
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }
  async #start(): Promise<void> {
    const { functions, folder, listen, enclaves } = this.#config;
    await this.#configured.replaceAll(await readConfigured(functions));
    await this.#pool.warm();
    if (folder !== undefined) {
      this.#watches.push(await Watch.start(folder, () => this.#readFolder(folder)));
      await this.#readFolder(folder);
    }
    if (this.#file !== undefined) {
      this.#watches.push(await Watch.start(this.#file, () => this.#readConfig()));
    }
    await this.#member?.follow({
      function: (name, stored, module) => this.#follow(name, stored, module),
      tenant: (name, tenant) => this.#setTenant(name, tenant),
      fault: (what, error) => this.#refused(what, error),
    });
    await this.#app.listen({ ...listen, listenTextResolver: () => 'listening' });
    this.#member?.work(
      {
        places: () => this.#queue.places,
        check: (tenant, name) => void this.#caller.check(name, this.#known(tenant)),
        call: (tenant, call, report) =>
          this.#counted(() => this.#caller.call({ ...call, tenant: this.#known(tenant) }, report)),
      },
      JOBS_EACH * slotsOf(enclaves),
    );
    this.#isReady = true;
    this.#log.info({ url: this.url, functions: this.#registry.all.map(({ name }) => name) }, 'ready');
  }

  get url(): string {
    const { address, port, family } = this.#app.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }
  /** What there is and goes on, for people. */
  get status(): Status {
    const usages = this.#pool.usages;
    return {
      ready: this.#isReady,
      pool: this.#pool.status,
      waiting: this.#queue.waiting,
      running: this.#queue.running,
      functions: this.#registry.all.map(({ name, convention, sha256, running }) => ({
        name,
        convention,
        sha256,
        running,
        ...this.#latencies.of(name),
      })),
      tenants: this.#tenants.all.map(({ name, weight, queue }) => ({
        name,
        weight,
        queue,
        ...this.#queue.statusOf(name),
        used: usages.get(name),
      })),
    };
  }

  /** Takes no more calls, and waits for those that there are, but not for ever. */
  async drain(): Promise<void> {
    this.#isReady = false;
    this.#queue.close();
    this.#log.info({ running: this.#running }, 'draining');
    const { drainMs } = this.#config;
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, drainMs).unref());
    const ended = Promise.all([this.#app.close(), this.#member?.drain()]).then(() => this.#member?.leave());
    await Promise.race([ended, deadline]);
    await this.close();
    this.#log.info({}, 'ended');
  }
  /** Ends it with the calls that run. */
  async close(): Promise<void> {
    this.#isReady = false;
    await Promise.all(this.#watches.splice(0).map((watch) => watch.close()));
    this.#app.server.closeAllConnections();
    await this.#app.close();
    await this.#member?.close();
    await this.#pool.close();
  }

  #createRegistry(): Registry {
    const { transport, bubblewrap, heapMiB } = this.#config.enclaves;
    const enclave = {
      transport,
      ...(transport === 'process' && { process: { bubblewrap, ...(heapMiB !== undefined && { heapMiB }) } }),
    };
    const maker = {
      inspect: (name: string, bytes: Uint8Array, definition: Definition) =>
        inspect(name, bytes, definition, limitsOf(definition, this.#config.limits), enclave),
      program: (bytes: Uint8Array) => this.#pool.program(bytes),
    };
    return new Registry(maker, {
      changed: (name, version) => {
        this.#log.info({ function: name, sha256: version?.sha256 }, version ? 'function put' : 'function removed');
        if (version) this.#preloaded.set(version, this.#preload(version));
      },
      drained: (version) => {
        const { name, sha256 } = version;
        this.#log.info({ function: name, sha256 }, 'version drained');
        void this.#preloaded.get(version)?.then((end) => end());
      },
    });
  }
  async #preload(version: FunctionVersion): Promise<() => void> {
    const end = await preloadFunction(this.#pool, version, version.limits(this.#config.limits));
    this.#log.info({ function: version.name, sha256: version.sha256 }, 'compiled in all enclaves');
    return end;
  }
  #createMetrics(): Metrics {
    return new Metrics({
      waiting: () => new Map(this.#tenants.all.map(({ name }) => [name, this.#queue.statusOf(name).waiting])),
      running: () => this.#queue.running,
      enclaves: () => {
        const { idle, busy, starting, recycled } = this.#pool.status;
        return { idle, busy, starting, recycled };
      },
    });
  }

  async #counted(work: () => Promise<void>): Promise<void> {
    this.#running++;
    try {
      await work();
    } finally {
      this.#running--;
    }
  }
  /** Here where there is a place; else on another node that has one; else here, in its turn. */
  async #callAnywhere(call: Call, report: CallReport): Promise<void> {
    if (this.#member && this.#queue.places === 0) {
      this.#caller.check(call.name, call.tenant);
      if (await this.#member.passOn(call, report)) return;
    }
    await this.#caller.call(call, report);
  }
  /** @throws Problem 'not-allowed' for a tenant that only the broker knows */
  #known(name: string): Tenant {
    const tenant = this.#tenants.named(name);
    if (tenant === undefined) throw new Problem('not-allowed', `there is no tenant '${name}'`);
    return tenant;
  }

  async #put(
    name: string,
    given: Uint8Array | undefined,
    wanted: Definition | undefined,
    revision: Revision,
  ): Promise<Revision> {
    const before = this.#registry.get(name);
    const bytes = given ?? before?.bytes;
    if (bytes === undefined) throw new Problem('invalid-definition', 'moduleBase64: a new function has a module');
    const definition = wanted ?? before?.definition ?? definitionSchema.parse({});
    for (const tenant of definition.tenants ?? []) {
      if (this.#tenants.named(tenant) === undefined)
        throw new Problem('invalid-definition', `tenants: there is no tenant '${tenant}'`);
    }
    const version = await this.#registry.prepare(name, bytes, definition);
    const { definitions } = this.#member ?? {};
    const after =
      definitions &&
      (await definitions.putFunction(name, { sha256: await definitions.putModule(bytes), definition }, revision));
    this.#registry.commit(version);
    return after;
  }
  async #remove(name: string): Promise<boolean> {
    const wasShared = await this.#member?.definitions.removeFunction(name);
    return this.#registry.remove(name) || wasShared === true;
  }
  async #putTenant(name: string, tenant: TenantConfig, revision: Revision): Promise<Revision> {
    const after = await this.#member?.definitions.putTenant(name, tenant, revision);
    this.#setTenant(name, tenant);
    return after;
  }
  async #removeTenant(name: string): Promise<boolean> {
    const wasShared = await this.#member?.definitions.removeTenant(name);
    const wasHere = Object.hasOwn(this.#putTenants, name);
    this.#setTenant(name, undefined);
    return wasHere || wasShared === true;
  }
  #setTenant(name: string, tenant: TenantConfig | undefined): void {
    const { [name]: _, ...others } = this.#putTenants;
    this.#putTenants = tenant === undefined ? others : { ...others, [name]: tenant };
    this.#tenants.replace({ ...this.#config.tenants, ...this.#putTenants });
  }
  /** What was put here is told as well, and is here already. */
  async #follow(
    name: string,
    stored: { readonly sha256: string; readonly definition: Definition } | undefined,
    module: () => Promise<Uint8Array>,
  ): Promise<void> {
    if (stored === undefined) {
      this.#registry.remove(name);
      return;
    }
    const { sha256, definition } = stored;
    const before = this.#registry.get(name);
    if (before?.sha256 === sha256 && isDeepStrictEqual(before.definition, definition)) return;
    const bytes = before?.sha256 === sha256 ? before.bytes : await module();
    this.#registry.commit(await this.#registry.prepare(name, bytes, definition));
  }
  async #readFolder(folder: string): Promise<void> {
    const fault = (file: string, error: unknown): void => this.#refused(file, error);
    try {
      const isThere = (name: string): boolean => existsSync(join(folder, `${name}.wasm`));
      await this.#inFolder.replaceEach(await readFolder(folder, fault), isThere, fault);
    } catch (error) {
      fault(folder, error);
    }
  }
  /** What cannot change while the server runs stays as it is. */
  async #readConfig(): Promise<void> {
    const file = this.#file!;
    try {
      const config = await loadConfig(file);
      await this.#configured.replaceAll(await readConfigured(config.functions));
      const { limits, tenants, functions, adminKey } = config;
      this.#config = { ...this.#config, limits, tenants, functions, adminKey };
      this.#tenants.replace({ ...tenants, ...this.#putTenants });
      this.#log.info({ file }, 'configuration taken');
    } catch (error) {
      this.#refused(file, error);
    }
  }
  #refused(file: string, error: unknown): void {
    this.#log.error({ file, refused: (error as Error).message }, 'refused: what was before stays');
  }
}
