// Jobs that are dead: each a letter with the job, its tries and the reason, kept until somebody tries it again or throws it away. Refuses to throw one
// away before its job is stored again.
import type { KV } from '@nats-io/kv';
import { type Broker, calledBy, NAMES, SUBJECTS } from '../cluster/connection.js';
import { Problem } from '../problems/problem.js';

/** A dead job, as it is kept. */
interface Kept {
  readonly problem: object;
  readonly tries: number;
  readonly bodyBase64: string;
}
/** A dead job. */
export interface DeadLetter extends Kept {
  /** Its number, by which it is read, retried and removed. */
  readonly letter: number;
  readonly tenant: string;
  readonly function: string;
  readonly job: string;
  /** When it died, as ISO 8601 has it. */
  readonly since: string;
}
/** Letters that are listed: the last ones. */
const MOST_LISTED = 100;
const LIST_MS = 2_000;

export class DeadLetters {
  readonly #broker: Broker;
  readonly #results: KV;

  constructor(broker: Broker, results: KV) {
    this.#broker = broker;
    this.#results = results;
  }

  /** The last ones, the newest first, without the jobs' bodies. */
  async list(): Promise<readonly Omit<DeadLetter, 'bodyBase64'>[]> {
    const { manager, stream } = this.#broker;
    const { state } = await manager.streams.info(NAMES.deadJobs);
    const consumer = await stream.consumers.get(NAMES.deadJobs, {
      opt_start_seq: Math.max(state.first_seq, state.last_seq - MOST_LISTED + 1, 1),
    });
    const { num_pending: there } = await consumer.info();
    const found: Omit<DeadLetter, 'bodyBase64'>[] = [];
    if (there === 0) return found;
    for await (const message of await consumer.fetch({ max_messages: there, expires: LIST_MS })) {
      const { bodyBase64: _, ...rest } = letterOf(message.subject, message.data, message.seq, message.time);
      found.unshift(rest);
    }
    return found;
  }
  /** @throws Problem 'not-found' */
  async read(letter: number): Promise<DeadLetter> {
    const kept = await this.#broker.manager.streams.getMessage(NAMES.deadJobs, { seq: letter });
    if (kept === null) throw new Problem('not-found', `there is no dead letter ${letter}`);
    return letterOf(kept.subject, kept.data, letter, kept.time);
  }
  /** Stores the job again, under its id and without the result that it had. @throws Problem 'not-found' */
  async retry(letter: number): Promise<void> {
    const { tenant, function: name, job, bodyBase64 } = await this.read(letter);
    const key = `${tenant}.${job}`;
    await this.#results.purge(`${key}.tries`);
    await this.#results.purge(key);
    // Asked for twice, it is stored once.
    const msgID = `${key}.again.${letter}`;
    await this.#broker.stream.publish(SUBJECTS.job(tenant, name, job), Buffer.from(bodyBase64, 'base64'), { msgID });
    await this.remove(letter);
  }
  /** @throws Problem 'not-found' */
  async remove(letter: number): Promise<void> {
    await this.read(letter);
    await this.#broker.manager.streams.deleteMessage(NAMES.deadJobs, letter);
  }
}

function letterOf(subject: string, data: Uint8Array, letter: number, time: Date): DeadLetter {
  const { tenant, name, id } = calledBy({ subject });
  const kept = JSON.parse(new TextDecoder().decode(data)) as Kept;
  return { letter, tenant, function: name, job: id, since: time.toISOString(), ...kept };
}
