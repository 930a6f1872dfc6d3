// The server put together: configuration to pool, registry, queue, HTTP; changed while it runs; drained at its end. Wiring only.
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EnclavePool } from 'enclasm/enclave';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { LocalBudgets } from './admission/budget.js';
import { FairQueue } from './admission/fair-queue.js';
import { Tenants } from './admission/tenants.js';
import { Caller } from './calls/caller.js';
import { loadConfig } from './config/load.js';
import { type Config, type Definition, definitionSchema } from './config/schema.js';
import { FileFunctions, readConfigured, readFolder } from './functions/files.js';
import { inspect } from './functions/inspect.js';
import { limitsOf, Registry } from './functions/registry.js';
import { Watch } from './functions/watch.js';
import { createPool, slotsOf } from './guests/guest.js';
import { addApi } from './http/api.js';
import { createApp } from './http/app.js';
import { addCalls } from './http/calls.js';
import { Latencies } from './observe/latencies.js';
import { Metrics } from './observe/metrics.js';
import { Problem } from './problems/problem.js';

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
  #isReady = false;
  #running = 0;

  private constructor({ config, file, log = pino({ level: config.logLevel }) }: ServeOptions) {
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
    const caller = new Caller({
      registry: this.#registry,
      queue: this.#queue,
      budgets: new LocalBudgets(),
      pool: this.#pool,
      metrics,
      latencies: this.#latencies,
      log,
      limits: () => this.#config.limits,
    });
    this.#app = createApp(log, { isReady: () => this.#isReady, metrics });
    addApi(this.#app, () => this.#config.adminKey, {
      functions: () => this.#registry.all,
      put: (name, bytes, definition) => this.#put(name, bytes, definition),
      remove: async (name) => this.#registry.remove(name),
      status: () => this.status,
    });
    addCalls(this.#app, this.#tenants, async (call, report) => {
      this.#running++;
      try {
        await caller.call(call, report);
      } finally {
        this.#running--;
      }
    });
  }

  /** Starts a server: when it resolves, it answers. @throws ConfigError; what listening throws */
  static async start(options: ServeOptions): Promise<Server> {
    const server = new Server(options);
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }
  async #start(): Promise<void> {
    const { functions, folder, listen } = this.#config;
    await this.#configured.replaceAll(await readConfigured(functions));
    await this.#pool.warm();
    if (folder !== undefined) {
      this.#watches.push(await Watch.start(folder, () => this.#readFolder(folder)));
      await this.#readFolder(folder);
    }
    if (this.#file !== undefined) {
      this.#watches.push(await Watch.start(this.#file, () => this.#readConfig()));
    }
    await this.#app.listen({ ...listen, listenTextResolver: () => 'listening' });
    this.#isReady = true;
    this.#log.info({ url: this.url, functions: this.#registry.all.map(({ name }) => name) }, 'ready');
  }

  get url(): string {
    const { address, port, family } = this.#app.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }
  /** What there is and goes on, for people. */
  get status() {
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
      tenants: this.#tenants.all.map(({ name, weight, budget }) => ({
        name,
        weight,
        budget,
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
    await Promise.race([this.#app.close(), deadline]);
    await this.close();
    this.#log.info({}, 'ended');
  }
  /** Ends it with the calls that run. */
  async close(): Promise<void> {
    this.#isReady = false;
    await Promise.all(this.#watches.splice(0).map((watch) => watch.close()));
    this.#app.server.closeAllConnections();
    await this.#app.close();
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
      changed: (name, version) =>
        this.#log.info({ function: name, sha256: version?.sha256 }, version ? 'function put' : 'function removed'),
      drained: ({ name, sha256 }) => this.#log.info({ function: name, sha256 }, 'version drained'),
    });
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

  async #put(name: string, given: Uint8Array | undefined, wanted: Definition | undefined): Promise<void> {
    const before = this.#registry.get(name);
    const bytes = given ?? before?.bytes;
    if (bytes === undefined) throw new Problem('invalid-definition', 'moduleBase64: a new function has a module');
    const definition = wanted ?? before?.definition ?? definitionSchema.parse({});
    for (const tenant of definition.tenants ?? []) {
      if (this.#tenants.named(tenant) === undefined)
        throw new Problem('invalid-definition', `tenants: there is no tenant '${tenant}'`);
    }
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
      this.#tenants.replace(config.tenants);
      const { limits, tenants, functions, adminKey } = config;
      this.#config = { ...this.#config, limits, tenants, functions, adminKey };
      this.#log.info({ file }, 'configuration taken');
    } catch (error) {
      this.#refused(file, error);
    }
  }
  #refused(file: string, error: unknown): void {
    this.#log.error({ file, refused: (error as Error).message }, 'refused: what was before stays');
  }
}
