// This server as one of many: what the broker keeps becomes functions and tenants here, calls and jobs come from it, and calls without a place go to it.
// Refuses to end when the broker does: what is here serves on, and what needs the broker is refused until it is back.
import type { Logger } from 'pino';
import type { Call, CallReport } from './calls/caller.js';
import type { CallHandler } from './calls/handler.js';
import { Channels } from './cluster/channel.js';
import { type Broker, openBroker } from './cluster/connection.js';
import { Definitions } from './cluster/definitions.js';
import { passOn } from './cluster/passing.js';
import { answerCalls } from './cluster/remote-calls.js';
import { SharedBudgets } from './cluster/shared-budgets.js';
import type { Definition, NatsConfig, TenantConfig } from './config/schema.js';
import { Jobs } from './jobs/jobs.js';

/** What changes here with what the broker keeps. */
export interface MemberListener {
  /** @param stored undefined: it is gone @param module brings the module's bytes */
  function(
    name: string,
    stored: { sha256: string; definition: Definition } | undefined,
    module: () => Promise<Uint8Array>,
  ): Promise<void>;
  tenant(name: string, tenant: TenantConfig | undefined): void;
  fault(what: string, error: unknown): void;
}

const SOON_MS = 500;

export class Member {
  readonly definitions: Definitions;
  readonly budgets: SharedBudgets;
  readonly jobs: Jobs;
  readonly #broker: Broker;
  readonly #channels: Channels;
  #stopAnswering: (() => Promise<void>) | undefined;

  private constructor(broker: Broker, definitions: Definitions, budgets: SharedBudgets, jobs: Jobs) {
    this.#broker = broker;
    this.#channels = new Channels(broker.connection);
    this.definitions = definitions;
    this.budgets = budgets;
    this.jobs = jobs;
  }
  /** @throws where the broker cannot be reached, or does not allow what a node does */
  static async open(config: NatsConfig, log: Logger): Promise<Member> {
    const broker = await openBroker(config);
    try {
      const definitions = await Definitions.open(broker, config.replicas);
      const budgets = await SharedBudgets.open(broker, config);
      const jobs = await Jobs.open(broker, config, (fields, text) => log.warn(fields, text));
      return new Member(broker, definitions, budgets, jobs);
    } catch (error) {
      await broker.connection.close();
      throw error;
    }
  }

  /** Follows what is kept. Resolves when all that there is was taken. */
  async follow(listener: MemberListener): Promise<void> {
    await this.definitions.follow({
      function: (name, stored) => listener.function(name, stored, () => this.definitions.module(stored!.sha256)),
      tenant: async (name, tenant) => listener.tenant(name, tenant),
      fault: (what, error) => listener.fault(what, error),
    });
  }
  /** Jobs of all nodes; undefined where the broker does not answer soon. */
  async jobCounts(): Promise<Awaited<ReturnType<Jobs['counts']>> | undefined> {
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), SOON_MS).unref());
    return Promise.race([this.jobs.counts().catch(() => undefined), late]);
  }
  /** Takes calls and jobs. @param most jobs at once */
  work(handler: CallHandler, most: number): void {
    this.#stopAnswering = answerCalls(this.#channels, handler);
    this.jobs.work(handler, most);
  }
  /** @returns whether another node took it @throws Problem as the call there, 'node-lost' */
  passOn(call: Call, report: CallReport): Promise<boolean> {
    return passOn(this.#channels, call, report);
  }
  /** Takes no more, and waits for what others gave it. */
  async drain(): Promise<void> {
    this.definitions.stop();
    await Promise.all([this.jobs.drain(), this.#stopAnswering?.()]);
  }
  /** Says what is left to say, and goes: nothing runs any more. */
  async leave(): Promise<void> {
    await this.#broker.connection.drain();
  }
  async close(): Promise<void> {
    this.definitions.stop();
    await this.#broker.connection.close();
  }
}
