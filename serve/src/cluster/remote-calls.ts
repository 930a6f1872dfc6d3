// Calls between nodes and from clients of the broker: request and reply over a queue group. Any node passes on what it has no place for, to one that
// has. Refuses answers that do not fit into a message, and what was passed on already where there is no place either.
import { type Msg, type MsgHdrs, headers as messageHeaders, type NatsConnection } from '@nats-io/transport-node';
import type { Call, CallReport } from '../calls/caller.js';
import { WholeAnswer } from '../calls/whole-answer.js';
import type { CallRequest } from '../guests/exchange.js';
import { PROBLEMS, Problem, type ProblemName, problemOf } from '../problems/problem.js';
import { NAMES, SUBJECTS } from './connection.js';

/** What a message carries beside the body, as JSON in one field. */
const FIELD = 'Enclasm-Head';
interface RequestHead extends Omit<CallRequest, 'body'> {
  /** Milliseconds that the asking node waits. */
  readonly waitMs: number;
  /** A node asks: it has no place, and a node that has none says so. */
  readonly isPassedOn: boolean;
}
interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem?: {
    readonly name: ProblemName;
    readonly detail: string;
    readonly retryAfter?: number;
    readonly members: object;
  };
  readonly report: CallReport;
}

/** What a node does with calls that come by the broker. */
export interface CallHandler {
  hasPlace(): boolean;
  /** @param tenant its name, which the subject says @throws Problem */
  call(tenant: string, call: Omit<Call, 'tenant'>, report: CallReport): Promise<void>;
}
/** Milliseconds that a client of the broker has for a call, unless it says so. */
const USUAL_WAIT_MS = 30_000;

/** Answers calls until the connection ends. */
export function answerCalls(connection: NatsConnection, handler: CallHandler): void {
  connection.subscribe(SUBJECTS.call('*', '*'), {
    queue: NAMES.nodes,
    callback: (error, message) => {
      if (!error) void answer(connection, message, handler);
    },
  });
}

async function answer(connection: NatsConnection, message: Msg, handler: CallHandler): Promise<void> {
  const [, , tenant = '', name = ''] = message.subject.split('.');
  const report: CallReport = { usage: undefined, queueMs: 0, guestMs: 0 };
  try {
    const { waitMs, isPassedOn, ...request } = headOf(message);
    if (isPassedOn && !handler.hasPlace()) throw new Problem('overloaded', 'this node has no place', { retryAfter: 1 });
    const whole = new WholeAnswer(connection.info?.max_payload ?? LEAST_PAYLOAD);
    const signal = AbortSignal.timeout(waitMs);
    const body = message.data;
    await handler.call(tenant, { name, request: { ...request, body }, answer: whole, signal }, report);
    message.respond(whole.body, { headers: headed({ ...whole.head, report }) });
  } catch (error) {
    const { problem, status, message: detail, retryAfter, members } = problemOf(error);
    const failed = { name: problem, detail, members, ...(retryAfter !== undefined && { retryAfter }) };
    message.respond('', { headers: headed({ status, headers: {}, problem: failed, report }) });
  }
}
const LEAST_PAYLOAD = 65_536;

/** A client of the broker may send a body alone. */
function headOf({ headers }: Msg): RequestHead {
  const given: Partial<RequestHead> = JSON.parse(headers?.get(FIELD) || '{}');
  const {
    method = 'POST',
    path = '',
    query = '',
    remoteAddress = '',
    waitMs = USUAL_WAIT_MS,
    isPassedOn = false,
  } = given;
  return { method, path, query, headers: given.headers ?? {}, remoteAddress, waitMs, isPassedOn };
}
function headed(head: RequestHead | AnswerHead): MsgHdrs {
  const fields = messageHeaders();
  // Fields are Latin text; JSON has escapes for all else.
  fields.set(
    FIELD,
    JSON.stringify(head).replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
  return fields;
}

/**
 * Passes a call on to a node that has a place.
 * @returns whether one took it; otherwise it is this node's again
 * @throws Problem as the call there; 'timed-out' where no answer came in time
 */
export async function passOn(
  connection: NatsConnection,
  call: Call,
  waitMs: number,
  report: CallReport,
): Promise<boolean> {
  const { body, ...request } = call.request;
  if (!(body instanceof Uint8Array) || body.length > MOST_PASSED_BYTES) return false;
  const headers = headed({ ...request, waitMs, isPassedOn: true });
  const subject = SUBJECTS.call(call.tenant.name, call.name);
  for (let asked = 0; asked < MOST_ASKED; asked++) {
    const message = await asking(connection, subject, body, { timeout: waitMs, headers });
    if (message === undefined) return false;
    const answer = JSON.parse(message.headers?.get(FIELD) ?? '{}') as AnswerHead;
    if (answer.problem !== undefined && NOT_TAKEN.has(answer.problem.name)) continue;
    await take(answer, message.data, call, report);
    return true;
  }
  return false;
}
/** Nodes that are asked: with half of all full, one of sixteen calls comes back. */
const MOST_ASKED = 4;
/** What a node says that has no place, or does not know the function yet. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['overloaded', 'draining', 'not-found', 'not-allowed']);

/** @returns undefined where the call has certainly not begun: nobody listens, or the broker is away */
async function asking(
  connection: NatsConnection,
  subject: string,
  body: Uint8Array,
  options: { readonly timeout: number; readonly headers: MsgHdrs },
): Promise<Msg | undefined> {
  try {
    return await connection.request(subject, body, options);
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') return undefined;
    throw new Problem('timed-out', `no node answered within ${options.timeout} ms`, { cause: error });
  }
}
/** @throws Problem that the other node answered with */
async function take(answer: AnswerHead, body: Uint8Array, call: Call, report: CallReport): Promise<void> {
  const { problem, status, headers } = answer;
  Object.assign(report, answer.report);
  if (problem !== undefined) {
    const name = Object.hasOwn(PROBLEMS, problem.name) ? problem.name : 'internal';
    throw new Problem(name, problem.detail, { retryAfter: problem.retryAfter, members: { ...problem.members } });
  }
  call.answer.begin({ status, headers });
  if (body.length > 0) await call.answer.write(body);
}
/** Requests have a head besides, and the broker takes 1 MiB unless it is told otherwise. */
const MOST_PASSED_BYTES = 65_536;
