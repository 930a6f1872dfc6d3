// Calls from clients of the broker, by request and reply over a queue group: body and answer are one message each. What a node offers to others comes by
// the same subject (passing.ts). Refuses answers that do not fit into a message.
import type { Msg } from '@nats-io/transport-node';
import type { CallReport } from '../calls/caller.js';
import type { CallHandler } from '../calls/handler.js';
import { WholeAnswer } from '../calls/whole-answer.js';
import type { CallRequest } from '../guests/exchange.js';
import { problemOf } from '../problems/problem.js';
import { type Channels, headed, headOf } from './channel.js';
import { NAMES, SUBJECTS } from './connection.js';
import { type AnswerFields, type Offer, OfferTaker, sentProblem } from './passing.js';

/** What a client may say beside the body. */
type RequestHead = Partial<Omit<CallRequest, 'body'>> & { readonly waitMs?: number };
/** Milliseconds that a client of the broker has for a call, unless it says so. */
const USUAL_WAIT_MS = 30_000;
const LEAST_PAYLOAD = 65_536;

/** Answers calls. @returns ends that: no more are taken, and those that run go on */
export function answerCalls(channels: Channels, handler: CallHandler): () => Promise<void> {
  const { connection } = channels;
  const taker = new OfferTaker(channels, handler);
  const running = new Set<Promise<void>>();
  const subscription = connection.subscribe(SUBJECTS.call('*', '*'), {
    queue: NAMES.nodes,
    callback: (error, message) => {
      if (error) return;
      const [, , tenant = '', name = ''] = message.subject.split('.');
      const head = headOf(message) as Offer | RequestHead;
      const call =
        'isOffer' in head
          ? taker.take({ tenant, name, request: head.request, reply: message.reply ?? '' })
          : answer(message, { tenant, name, head, most: connection.info?.max_payload ?? LEAST_PAYLOAD }, handler);
      running.add(call);
      void call.finally(() => running.delete(call));
    },
  });
  return async () => {
    await subscription.drain();
    await Promise.all(running);
  };
}

interface ClientCall {
  readonly tenant: string;
  readonly name: string;
  readonly head: RequestHead;
  /** Bytes of a message. */
  readonly most: number;
}
/** A client may send a body alone. */
async function answer(message: Msg, { tenant, name, head, most }: ClientCall, handler: CallHandler): Promise<void> {
  const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
  const respond = (fields: AnswerFields, body?: Uint8Array): void =>
    void message.respond(body, { headers: headed(fields) });
  try {
    const { method = 'POST', path = '', query = '', headers = {}, remoteAddress = '' } = head;
    const whole = new WholeAnswer(most);
    const request = { method, path, query, headers, remoteAddress, body: message.data };
    const signal = AbortSignal.timeout(head.waitMs ?? USUAL_WAIT_MS);
    await handler.call(tenant, { name, request, answer: whole, signal }, report);
    respond({ ...whole.head, report }, whole.body);
  } catch (error) {
    const problem = problemOf(error);
    respond({ status: problem.status, headers: {}, problem: sentProblem(problem), report });
  }
}
