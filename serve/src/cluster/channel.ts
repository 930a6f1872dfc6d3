// A conversation of two nodes about one call: parts of bodies both ways, with back-pressure, and short messages, each with its number. Each node has one
// subject for all of its conversations, so that a call makes no subscription. Refuses to go on where a message is missing or the other node is silent:
// what was lost is never taken for the whole.
import { type Msg, type MsgHdrs, headers as messageHeaders, type NatsConnection, nuid } from '@nats-io/transport-node';
import { carried, carriedNames } from '../observe/tracing.js';
import { Problem } from '../problems/problem.js';
import { SUBJECTS } from './connection.js';

/** What a message carries beside bytes, as JSON in one field. */
const HEAD_FIELD = 'Enclasm-Head';
const NUMBER_FIELD = 'Enclasm-Number';

/** What nodes tell each other. `more`, `alive`, `cancel` and `none` stay in this file. */
type Kind = 'taken' | 'refused' | 'part' | 'last' | 'end' | 'more' | 'alive' | 'cancel' | 'none';
/** A message as the other node sent it. */
export interface Said {
  readonly kind: Kind;
  readonly head: unknown;
  readonly bytes: Uint8Array;
}

/** Parts that are on their way and not read yet, of one direction, and bytes of each at most. */
const WINDOW = 8;
const PART_BYTES = 65_536;
/** Milliseconds between two signs of life, and signs that are missed before the other node is believed to be lost. */
const ALIVE_MS = 1_000;
const MOST_MISSED = 5;

/** Fields of a message that say which span it belongs to. */
export function traced(): MsgHdrs {
  const fields = messageHeaders();
  for (const [name, value] of Object.entries(carried())) fields.set(name, value);
  return fields;
}
/** What they were, for the span that goes on with it. */
export function traceOf({ headers }: { readonly headers?: MsgHdrs | undefined }): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const name of carriedNames()) if (headers?.has(name)) fields[name] = headers.get(name);
  return fields;
}
/** @param fields that there are already */
export function headed(head: object, fields = messageHeaders()): MsgHdrs {
  // Fields are Latin text; JSON has escapes for all else.
  fields.set(
    HEAD_FIELD,
    JSON.stringify(head).replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
  return fields;
}
/** @returns {} where there is none */
export function headOf({ headers }: Msg): unknown {
  return JSON.parse(headers?.get(HEAD_FIELD) || '{}');
}

/** Whether it is where a node listens: whatever else somebody wrote there is not published to. */
export function isOfChannel(reply: string | undefined): reply is string {
  return reply?.startsWith(SUBJECTS.channel('', '', '').slice(0, -2)) === true;
}

/** The conversations of one node. */
export class Channels {
  readonly connection: NatsConnection;
  readonly #node = nuid.next();
  readonly #open = new Map<string, Channel>();

  constructor(connection: NatsConnection) {
    this.connection = connection;
    connection.subscribe(SUBJECTS.channel(this.#node, '*', '*'), {
      callback: (error, message) => {
        if (!error) this.#hear(message);
      },
    });
  }
  /** How many go on. */
  get size(): number {
    return this.#open.size;
  }
  /** @param peer where the other node listens, as `reply` of its message said it; default: it is not known yet */
  open(peer?: string): Channel {
    const id = nuid.next();
    const channel = new Channel(
      this.connection,
      (kind) => SUBJECTS.channel(this.#node, id, kind),
      () => this.#open.delete(id),
    );
    this.#open.set(id, channel);
    if (peer !== undefined) channel.connect(peer);
    return channel;
  }

  #hear(message: Msg): void {
    const [, , , id = '', kind = ''] = message.subject.split('.');
    const channel = this.#open.get(id);
    if (channel !== undefined) channel.hear(kind as Kind, message);
    // Whoever speaks to a conversation that has ended hears what the broker says where nobody listens.
    else if (kind !== 'none' && isOfChannel(message.reply)) this.connection.publish(message.reply);
  }
}

/** One side of a conversation. */
export class Channel {
  readonly #connection: NatsConnection;
  readonly #address: (kind: Kind) => string;
  readonly #onClose: () => void;
  readonly #ended = new AbortController();
  /** The other's address, without its last word. */
  #peer: string | undefined;
  #sent = 0;
  #heard = 0;
  #missed = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #said: Said[] = [];
  #onSaid: (() => void) | undefined;
  /** Parts that the other has not read yet, and parts that this side has read and not told. */
  #unread = 0;
  #untold = 0;
  #onRoom: (() => void) | undefined;
  #fault: Problem | undefined;

  constructor(connection: NatsConnection, address: (kind: Kind) => string, onClose: () => void) {
    this.#connection = connection;
    this.#address = address;
    this.#onClose = onClose;
  }
  /** Where it hears that nobody is there: the reply subject of every message, which says who speaks too. */
  get reply(): string {
    return this.#address('none');
  }
  /** Bytes of one part, beside which there is a head. */
  get mostBytes(): number {
    return Math.min(PART_BYTES, Math.floor((this.#connection.info?.max_payload ?? PART_BYTES) / 2));
  }
  /** Is aborted where the other has cancelled the call, or is lost. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }
  /** @param reply as the other's message has it */
  connect(reply: string): void {
    this.#peer = reply.slice(0, reply.lastIndexOf('.') + 1);
    // Counted, not measured: a node that was stopped itself has missed nothing yet.
    this.#timer = setInterval(() => {
      if (this.#missed++ >= MOST_MISSED) this.fail(lost('the other node is silent'));
      else this.say('alive');
    }, ALIVE_MS);
  }

  /** Nothing is said by what has ended. */
  say(kind: Kind, head: object = {}, bytes?: Uint8Array): void {
    if (this.#peer === undefined || this.#fault !== undefined || this.#connection.isClosed()) return;
    const headers = headed(head);
    headers.set(NUMBER_FIELD, String(this.#sent++));
    this.#connection.publish(this.#peer + kind, bytes, { reply: this.reply, headers });
  }
  /** Sends bytes in parts; resolves when the other has room for more. @throws Problem 'node-lost', 'gone-away' */
  async write(bytes: Uint8Array, head?: object): Promise<void> {
    const most = this.mostBytes;
    for (let at = 0; at < bytes.length; at += most) {
      while (this.#unread >= WINDOW && this.#fault === undefined) {
        await new Promise<void>((resolve) => {
          this.#onRoom = resolve;
        });
      }
      if (this.#fault !== undefined) throw this.#fault;
      this.say('part', at === 0 ? head : undefined, bytes.subarray(at, at + most));
      this.#unread++;
    }
  }
  /** What the other says next. @throws Problem 'node-lost', 'gone-away' */
  async next(): Promise<Said> {
    for (;;) {
      const said = this.#said.shift();
      if (said !== undefined) return said;
      if (this.#fault !== undefined) throw this.#fault;
      await new Promise<void>((resolve) => {
        this.#onSaid = resolve;
      });
    }
  }
  /** A part was read: the other is told now and then. */
  read(): void {
    if (++this.#untold < WINDOW / 2) return;
    this.say('more', { parts: this.#untold });
    this.#untold = 0;
  }
  /** Ends it: the other side ends its call too. */
  cancel(): void {
    this.say('cancel');
    this.close();
  }
  /** Ends it on this side. */
  close(): void {
    this.fail(new Problem('gone-away', 'the call has ended'));
  }
  /** Ends it; whoever waits hears why. The first reason stays. */
  fail(fault: Problem): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    clearInterval(this.#timer);
    this.#onClose();
    this.#ended.abort();
    this.#onSaid?.();
    this.#onRoom?.();
  }

  /** A message for it. Never throws, as whoever reads the connection would end with it. */
  hear(kind: Kind, message: Msg): void {
    this.#missed = 0;
    try {
      this.#hear(kind, message);
    } catch (error) {
      this.fail(error instanceof Problem ? error : lost('a message cannot be read'));
    }
  }
  #hear(kind: Kind, message: Msg): void {
    if (kind === 'none') throw lost('nobody is there any more');
    if (kind === 'taken' && isOfChannel(message.reply)) this.connect(message.reply);
    // A refusal is no part of a conversation.
    const isNext = kind === 'refused' || Number(message.headers?.get(NUMBER_FIELD)) === this.#heard++;
    if (!isNext) throw lost('a message was lost');
    if (kind === 'cancel') throw new Problem('gone-away', 'the client left');
    if (kind === 'alive') return;
    const head = headOf(message);
    if (kind === 'more') {
      this.#unread -= (head as { parts: number }).parts;
      this.#onRoom?.();
      return;
    }
    this.#said.push({ kind, head, bytes: message.data });
    this.#onSaid?.();
  }
}

function lost(detail: string): Problem {
  return new Problem('node-lost', `${detail}; the call may have run`);
}
