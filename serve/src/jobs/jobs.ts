// Jobs: calls that are not waited for. A work queue keeps each until its result is stored under its id; stored once, whoever runs it how often.
// Refuses a job after so many tries: its result is then why, and a dead letter has it too.
import { randomUUID } from 'node:crypto';
import { AckPolicy, type Consumer, type JsMsg, RetentionPolicy } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { nanos } from '@nats-io/transport-node';
import { Leave } from '../admission/leaving.js';
import type { CallReport } from '../calls/caller.js';
import type { CallHandler } from '../calls/handler.js';
import { WholeAnswer } from '../calls/whole-answer.js';
import { traced, traceOf } from '../cluster/channel.js';
import { type Broker, calledBy, NAMES, SUBJECTS } from '../cluster/connection.js';
import type { NatsConfig } from '../config/schema.js';
import { inSpan } from '../observe/tracing.js';
import { Problem, problemOf } from '../problems/problem.js';
import { DeadLetters } from './dead-letters.js';

/** What became of a job. */
export interface JobResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
  /** Why it failed. */
  readonly problem?: object | undefined;
  readonly usage?: unknown;
}
export type JobState =
  | { readonly state: 'done'; readonly result: JobResult }
  | { readonly state: 'waiting' }
  | { readonly state: 'unknown' };
/** Is told what a person should know. */
export type JobLog = (fields: object, text: string) => void;

/** Problems that are the node's or the moment's, not the job's: it is tried later, and that counts as no try. */
const LATER: ReadonlySet<string> = new Set([
  'queue-full',
  'overloaded',
  'draining',
  'budget-used-up',
  'unavailable',
  'not-found',
  'gone-away',
]);
const LATER_MS = 1_000;
/** Whatever the reasons: a job that was delivered so often has taken its nodes with it. */
const MOST_DELIVERIES = 1_000;
const KEY = /^[A-Za-z0-9_-]{1,64}$/;

export class Jobs {
  readonly dead: DeadLetters;
  readonly #broker: Broker;
  readonly #results: KV;
  readonly #consumer: Consumer;
  readonly #config: NatsConfig['jobs'];
  readonly #log: JobLog;
  readonly #running = new Set<Promise<void>>();
  /** Jobs that were asked for and have not come. */
  #asked = 0;
  readonly #pulls = new Set<Promise<void>>();
  /** Lets the loop look whether there is room. */
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;
  #isDraining = false;

  private constructor(broker: Broker, results: KV, consumer: Consumer, config: NatsConfig['jobs'], log: JobLog) {
    this.#broker = broker;
    this.#results = results;
    this.dead = new DeadLetters(broker, results);
    this.#consumer = consumer;
    this.#config = config;
    this.#log = log;
  }
  static async open(broker: Broker, { replicas, jobs }: NatsConfig, log: JobLog): Promise<Jobs> {
    const { manager, values, stream } = broker;
    const subject = SUBJECTS.job('*', '*', '*');
    const retention = RetentionPolicy.Workqueue;
    await manager.streams.add({ name: NAMES.jobs, subjects: [subject], retention, num_replicas: replicas });
    const dead = { name: NAMES.deadJobs, subjects: [SUBJECTS.deadJob('*', '*', '*')], num_replicas: replicas };
    await manager.streams.add({ ...dead, max_age: nanos(jobs.keepMs) });
    await manager.consumers.add(NAMES.jobs, {
      durable_name: NAMES.workers,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(jobs.ackWaitMs),
      max_ack_pending: MOST_PENDING,
    });
    const results = await values.create(NAMES.results, { replicas, ttl: jobs.keepMs });
    return new Jobs(broker, results, await stream.consumers.get(NAMES.jobs, NAMES.workers), jobs, log);
  }

  /** Bytes of a job's body. */
  get mostBytes(): number {
    return (this.#broker.connection.info?.max_payload ?? 0) - HEAD_BYTES;
  }
  /**
   * @param key the same for the same job sent twice; default: a new one
   * @returns its id @throws Problem 'bad-request', 'unavailable'
   */
  async submit(tenant: string, name: string, body: Uint8Array, key: string = randomUUID()): Promise<string> {
    if (!KEY.test(key)) throw new Problem('bad-request', 'Idempotency-Key: up to 64 of A-Z, a-z, 0-9, - and _');
    try {
      const headers = traced();
      await this.#broker.stream.publish(SUBJECTS.job(tenant, name, key), body, { msgID: `${tenant}.${key}`, headers });
    } catch (error) {
      throw new Problem('unavailable', 'the job could not be stored', { retryAfter: 1, cause: error });
    }
    return key;
  }
  /** How many there are, over all nodes. @throws where the broker is away */
  async counts(): Promise<{ readonly waiting: number; readonly dead: number }> {
    const { streams } = this.#broker.manager;
    const [waiting, dead] = await Promise.all([streams.info(NAMES.jobs), streams.info(NAMES.deadJobs)]);
    return { waiting: waiting.state.messages, dead: dead.state.messages };
  }
  /** @param tenant whose job it is: others do not see it */
  async state(tenant: string, id: string): Promise<JobState> {
    if (!KEY.test(id)) return { state: 'unknown' };
    const result = await this.#resultOf(tenant, id);
    if (result !== undefined) return { state: 'done', result };
    const subject = SUBJECTS.job(tenant, '*', id);
    const { state } = await this.#broker.manager.streams.info(NAMES.jobs, { subjects_filter: subject });
    if (Object.keys(state.subjects ?? {}).length > 0) return { state: 'waiting' };
    // It may have ended between the two questions.
    const late = await this.#resultOf(tenant, id);
    return late === undefined ? { state: 'unknown' } : { state: 'done', result: late };
  }
  async #resultOf(tenant: string, id: string): Promise<JobResult | undefined> {
    const entry = await this.#results.get(`${tenant}.${id}`);
    return entry?.operation === 'PUT' ? entry.json<JobResult>() : undefined;
  }

  /** Begins to run jobs. @param most at once */
  work(handler: CallHandler, most: number): void {
    this.#loop = this.#work(handler, most);
  }
  /**
   * Asks for as many as there is room for, once that is half of all: a question for each would cost more than many a job. A question stays open while
   * others are asked: jobs that trickle in keep nobody waiting for the rest.
   */
  async #work(handler: CallHandler, most: number): Promise<void> {
    while (!this.#isDraining) {
      const room = most - this.#running.size - this.#asked;
      if (room * 2 >= most) {
        const pull = this.#pull(handler, room).finally(() => this.#pulls.delete(pull));
        this.#pulls.add(pull);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    await Promise.all(this.#pulls);
  }
  async #pull(handler: CallHandler, count: number): Promise<void> {
    this.#asked += count;
    let left = count;
    try {
      const batch = await this.#consumer.fetch({ max_messages: count, expires: PULL_MS });
      for await (const message of batch) {
        left--;
        this.#asked--;
        if (this.#isDraining) message.nak();
        else this.#begin(message, handler);
      }
    } catch (error) {
      if (!this.#isDraining) {
        this.#log({ err: error }, 'no jobs can be had');
        await later();
      }
    } finally {
      this.#asked -= left;
      this.#wake();
    }
  }
  #begin(message: JsMsg, handler: CallHandler): void {
    const run = this.#take(message, handler)
      .catch(async (error: unknown) => {
        // What was not acknowledged comes again, when the broker does.
        this.#log({ err: error }, 'job not finished');
        if (!this.#isDraining) await later();
      })
      .finally(() => {
        this.#running.delete(run);
        this.#wake();
      });
    this.#running.add(run);
  }
  /** Takes no more, and waits for those that run. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#wake();
    await this.#loop;
    await Promise.all(this.#running);
  }

  async #take(message: JsMsg, handler: CallHandler): Promise<void> {
    const { tenant, name, id } = calledBy(message);
    // It ran before, and only the acknowledgement was lost.
    if (message.redelivered && (await this.#resultOf(tenant, id)) !== undefined) return message.ack();
    if (message.info.deliveryCount > MOST_DELIVERIES) {
      const lost = new Problem('unavailable', `delivered ${MOST_DELIVERIES} times, and never finished`);
      return this.#bury(message, lost, MOST_DELIVERIES);
    }
    const { ackWaitMs } = this.#config;
    const alive = setInterval(() => message.working(), ackWaitMs / 3);
    const answer = new WholeAnswer((this.#broker.connection.info?.max_payload ?? 0) * BASE64);
    const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
    try {
      const request = { method: 'POST', path: '', query: '', headers: {}, remoteAddress: '', body: message.data };
      await inSpan(
        `job ${name}`,
        'consumer',
        { 'enclasm.function': name, 'enclasm.tenant': tenant, 'enclasm.job': id },
        () => handler.call(tenant, { name, request, answer, signal: new Leave() }, report),
        traceOf(message),
      );
    } catch (error) {
      const problem = problemOf(error);
      if (LATER.has(problem.problem)) return message.nak((problem.retryAfter ?? 0) * 1_000 || LATER_MS);
      const tries = await this.#countTry(tenant, id);
      return tries < this.#config.tries ? message.nak(LATER_MS) : this.#bury(message, problem, tries, report);
    } finally {
      clearInterval(alive);
    }
    const { status, headers } = answer.head;
    await this.#store(tenant, id, {
      status,
      headers,
      bodyBase64: Buffer.from(answer.body).toString('base64'),
      usage: report.usage,
    });
    message.ack();
  }
  /** Failures are few, so that they are counted where all nodes see them; a delivery alone is no try. */
  async #countTry(tenant: string, id: string): Promise<number> {
    const key = `${tenant}.${id}.tries`;
    const tries = Number((await this.#results.get(key))?.string() ?? 0) + 1;
    await this.#results.put(key, new TextEncoder().encode(String(tries)));
    return tries;
  }
  async #bury(message: JsMsg, problem: Problem, tries: number, { usage }: Partial<CallReport> = {}): Promise<void> {
    const { tenant, name, id } = calledBy(message);
    const result: JobResult = { status: problem.status, headers: {}, bodyBase64: '', problem: problem.toJSON(), usage };
    await this.#store(tenant, id, result);
    const letter = JSON.stringify({
      problem: problem.toJSON(),
      tries,
      bodyBase64: Buffer.from(message.data).toString('base64'),
    });
    await this.#broker.stream.publish(SUBJECTS.deadJob(tenant, name, id), letter, {
      // One that is tried again, and dies again, has another letter.
      msgID: `dead.${message.seq}`,
    });
    this.#log({ tenant, function: name, job: id, tries, problem: problem.message }, 'job is dead');
    message.ack();
  }
  /** The first result stays. @throws where the broker does not take it */
  async #store(tenant: string, id: string, result: JobResult): Promise<void> {
    const key = `${tenant}.${id}`;
    try {
      await this.#results.create(key, new TextEncoder().encode(JSON.stringify(result)));
    } catch (error) {
      if ((await this.#resultOf(tenant, id)) === undefined) throw error;
    }
  }
}
function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LATER_MS).unref());
}
const MOST_PENDING = 100_000;
/** Milliseconds of one question for a job. */
const PULL_MS = 1_000;
/** Bytes of what goes with a body. */
const HEAD_BYTES = 16_384;
/** Bytes of a result, as a part of the message that stores them. */
const BASE64 = 0.7;
