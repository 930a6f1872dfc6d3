// A call that this node has no place for, passed on to one that has: offered to the queue group, taken or refused at once, then made by its taker alone,
// bodies in parts both ways. A call begins only when the asking node, after it heard who takes it, sends the body: what was offered in vain never runs.
// Refuses to make a call twice: where its taker is lost it is answered with that.
import type { Msg } from '@nats-io/transport-node';
import type { Call, CallReport } from '../calls/caller.js';
import type { CallHandler } from '../calls/handler.js';
import { Held } from '../calls/held.js';
import type { AnswerHead, AnswerSink, Body, CallRequest } from '../guests/exchange.js';
import { inSpan } from '../observe/tracing.js';
import { PROBLEMS, Problem, type ProblemName, problemOf } from '../problems/problem.js';
import { type Channel, type Channels, headed, headOf, type Said, traced, traceOf } from './channel.js';
import { calledBy, SUBJECTS } from './connection.js';

/** What a node offers: a call without its body. */
type Offer = Omit<CallRequest, 'body'>;
/** A problem on its way. */
interface SentProblem {
  readonly name: ProblemName;
  readonly detail: string;
  readonly retryAfter?: number;
  readonly members: object;
}
/** What goes with an answer: its head with the first part or the end, how it ended with the end. */
export interface AnswerFields extends AnswerHead {
  readonly problem?: SentProblem;
  readonly report: CallReport;
}

/** Milliseconds for a node to say that it takes a call; one that does not is not waited for. */
const TAKEN_MS = 500;
/** Nodes that are asked: with half of all full, one of sixteen calls comes back. */
const MOST_ASKED = 4;
/** Nodes that do not even say no, before the call is this node's again. */
const MOST_SILENT = 2;

export function sentProblem({ problem, message, members, retryAfter }: Problem): SentProblem {
  return { name: problem, detail: message, members, ...(retryAfter !== undefined && { retryAfter }) };
}

/**
 * Passes a call on to a node that has a place.
 * @returns whether one took it; otherwise it is this node's again, and its body is untouched
 * @throws Problem as the call there; 'node-lost' where its taker is
 */
export async function passOn(channels: Channels, call: Call, report: CallReport): Promise<boolean> {
  let silent = 0;
  for (let asked = 0; asked < MOST_ASKED && silent < MOST_SILENT; asked++) {
    const { channel, said } = await offer(channels, call);
    if (said === 'taken') {
      await follow(channel, call, report);
      return true;
    }
    channel.close();
    if (said === 'nobody') return false;
    if (said === 'silent') silent++;
  }
  return false;
}

type OfferAnswer = 'taken' | 'refused' | 'nobody' | 'silent';
async function offer(
  channels: Channels,
  { request, tenant, name }: Call,
): Promise<{ readonly channel: Channel; readonly said: OfferAnswer }> {
  const { body: _, ...rest } = request;
  const channel = channels.open();
  const head: Offer = rest;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    channel.close();
  }, TAKEN_MS);
  try {
    channels.connection.publish(SUBJECTS.call(tenant.name, name), undefined, {
      reply: channel.reply,
      headers: headed(head, traced()),
    });
    const { kind } = await channel.next();
    return { channel, said: kind === 'taken' ? 'taken' : 'refused' };
  } catch {
    // Nobody listens, or there is no connection.
    return { channel, said: isLate ? 'silent' : 'nobody' };
  } finally {
    clearTimeout(timer);
  }
}

/** Sends the body and writes the answer. @throws Problem that the other node answered with */
async function follow(channel: Channel, call: Call, report: CallReport): Promise<void> {
  const { signal, request, answer } = call;
  const cancel = (): void => channel.cancel();
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  let bodyFault: unknown;
  // A guest may answer without having read it all.
  const sending = send(channel, request.body).catch((error: unknown) => {
    bodyFault = error;
    channel.cancel();
  });
  try {
    await receive(channel, answer, report);
  } catch (error) {
    throw bodyFault !== undefined && channel.signal.aborted ? bodyFault : error;
  } finally {
    signal.removeEventListener('abort', cancel);
    channel.close();
    await sending;
  }
}
async function send(channel: Channel, body: Body): Promise<void> {
  if (!(body instanceof Uint8Array)) {
    for await (const part of body) await channel.write(part);
    channel.say('last');
    return;
  }
  // One message, where it is short.
  const rest = body.length % channel.mostBytes;
  await channel.write(body.subarray(0, body.length - rest));
  channel.say('last', {}, body.subarray(body.length - rest));
}

async function receive(channel: Channel, answer: AnswerSink, report: CallReport): Promise<void> {
  for (;;) {
    const { head, bytes } = await channel.next();
    const { status, headers, problem, report: used } = head as Partial<AnswerFields>;
    if (used !== undefined) Object.assign(report, used);
    if (problem !== undefined) {
      const name = Object.hasOwn(PROBLEMS, problem.name) ? problem.name : 'internal';
      throw new Problem(name, problem.detail, { retryAfter: problem.retryAfter, members: { ...problem.members } });
    }
    if (status !== undefined) answer.begin({ status, headers: headers ?? {} });
    if (bytes.length > 0) await answer.write(bytes);
    if (used !== undefined) return;
    channel.read();
  }
}

/** Takes calls that other nodes offer, where there is a place. */
export class OfferTaker {
  readonly #channels: Channels;
  readonly #handler: CallHandler;
  /** Offers that were taken and whose body has not come: each has one of the places. */
  #awaited = 0;

  constructor(channels: Channels, handler: CallHandler) {
    this.#channels = channels;
    this.#handler = handler;
  }
  /** Makes the call, or says at once that this node does not. Never throws: the asking node is told. @param reply where that listens */
  async take(message: Msg, reply: string): Promise<void> {
    const { tenant, name } = calledBy(message);
    if (!this.#canTake(tenant, name)) {
      this.#channels.connection.publish(reply.replace(/none$/, 'refused'));
      return;
    }
    const channel = this.#channels.open(reply);
    const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
    const answer = new SentAnswer(channel);
    try {
      channel.say('taken');
      const body = await this.#bodyOf(channel);
      const { signal } = channel;
      const request = headOf(message) as Offer;
      const call = { name, request: { ...request, body }, answer, signal };
      await inSpan(
        `take ${name}`,
        'server',
        { 'enclasm.function': name, 'enclasm.tenant': tenant },
        () => this.#handler.call(tenant, call, report),
        traceOf(message),
      );
      answer.finish(report);
    } catch (error) {
      answer.fail(problemOf(error), report);
    } finally {
      channel.close();
    }
  }
  #canTake(tenant: string, name: string): boolean {
    if (this.#handler.places() <= this.#awaited) return false;
    try {
      this.#handler.check(tenant, name);
      return true;
    } catch {
      // It may not know yet what the other knows.
      return false;
    }
  }
  /** Resolves when it begins to come. @throws Problem where the asking node has given up meanwhile */
  async #bodyOf(channel: Channel): Promise<Body> {
    this.#awaited++;
    try {
      const first = await channel.next();
      return first.kind === 'last' ? first.bytes : parts(channel, first);
    } finally {
      this.#awaited--;
    }
  }
}
async function* parts(channel: Channel, first: Said): AsyncGenerator<Uint8Array> {
  for (let said = first; ; said = await channel.next()) {
    if (said.bytes.length > 0) yield said.bytes;
    if (said.kind === 'last') return;
    channel.read();
  }
}
/** An answer that goes to the asking node as it comes: one message, where it is short. */
class SentAnswer implements AnswerSink {
  readonly #channel: Channel;
  #head: AnswerHead | undefined;
  readonly #held = new Held((bytes) => {
    const head = this.#head;
    this.#head = undefined;
    return this.#channel.write(bytes, head);
  });

  constructor(channel: Channel) {
    this.#channel = channel;
  }
  begin(head: AnswerHead): void {
    this.#head = head;
  }
  write(bytes: Uint8Array): void | Promise<void> {
    return this.#held.write(bytes);
  }
  finish(report: CallReport): void {
    this.#channel.say('end', { ...this.#head, report }, this.#held.end());
  }
  fail(problem: Problem, report: CallReport): void {
    this.#held.end();
    this.#channel.say('end', { problem: sentProblem(problem), report });
  }
}
