// Calls from clients of the broker, by request and reply over a queue group: body and answer are one message each. What a node offers to others comes by
// the same subject (passing.ts). Refuses answers that do not fit into a message, and to publish them where no client listens.
import type { Msg } from '@nats-io/transport-node';
import type { CallReport } from '../calls/caller.js';
import type { CallHandler } from '../calls/handler.js';
import { WholeAnswer } from '../calls/whole-answer.js';
import type { CallRequest } from '../guests/exchange.js';
import { inSpan } from '../observe/tracing.js';
import { Problem, problemOf } from '../problems/problem.js';
import { type Channels, headed, headOf, isOfChannel, traceOf } from './channel.js';
import { calledBy, NAMES, SUBJECTS } from './connection.js';
import { type AnswerFields, OfferTaker, sentProblem } from './passing.js';

/** What a client may say beside the body. */
type RequestHead = Partial<Omit<CallRequest, 'body'>> & { readonly waitMs?: number };
/** Milliseconds that a client of the broker has for a call, unless it says so. */
const USUAL_WAIT_MS = 30_000;
const LEAST_PAYLOAD = 65_536;

/** Where a client of the broker listens, as its library makes it: a node publishes an answer nowhere else, as it may publish more than its clients. */
const INBOX = /^_INBOX[^.]*\./;

/** Answers calls. @returns ends that: no more are taken, and those that run go on */
export function answerCalls(channels: Channels, handler: CallHandler): () => Promise<void> {
  const taker = new OfferTaker(channels, handler);
  const most = channels.connection.info?.max_payload ?? LEAST_PAYLOAD;
  const running = new Set<Promise<void>>();
  const subscription = channels.connection.subscribe(SUBJECTS.call('*', '*'), {
    queue: NAMES.nodes,
    callback: (error, message) => {
      if (error) return;
      const { reply = '' } = message;
      const call = isOfChannel(reply)
        ? taker.take(message, reply)
        : INBOX.test(reply)
          ? answer(message, handler, most)
          : Promise.resolve();
      running.add(call);
      void call.finally(() => running.delete(call));
    },
  });
  return async () => {
    await subscription.drain();
    await Promise.all(running);
  };
}

/** A client may send a body alone. @param most bytes of a message */
async function answer(message: Msg, handler: CallHandler, most: number): Promise<void> {
  const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
  const respond = (fields: AnswerFields, body?: Uint8Array): void =>
    void message.respond(body, { headers: headed(fields) });
  try {
    const { tenant, name } = calledBy(message);
    const { method = 'POST', path = '', query = '', headers = {}, remoteAddress = '', waitMs } = requestOf(message);
    const whole = new WholeAnswer(most);
    const request = { method, path, query, headers, remoteAddress, body: message.data };
    const signal = AbortSignal.timeout(waitMs ?? USUAL_WAIT_MS);
    await inSpan(
      `call ${name}`,
      'server',
      { 'enclasm.function': name, 'enclasm.tenant': tenant },
      () => handler.call(tenant, { name, request, answer: whole, signal }, report),
      traceOf(message),
    );
    respond({ ...whole.head, report }, whole.body);
  } catch (error) {
    const problem = problemOf(error);
    respond({ status: problem.status, headers: {}, problem: sentProblem(problem), report });
  }
}
/** @throws Problem 'bad-request' */
function requestOf(message: Msg): RequestHead {
  try {
    return headOf(message) as RequestHead;
  } catch (cause) {
    throw new Problem('bad-request', 'the head is no JSON', { cause });
  }
}
