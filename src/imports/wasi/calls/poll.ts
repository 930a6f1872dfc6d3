// poll_oneoff: waits for clocks and descriptors, whichever is first. Refuses to wait beyond what the meter allows.
import { FileError } from '../../../platform/errno.js';
import type { OpenFile } from '../../../platform/files.js';
import type { ExecEnv } from '../../../runtime/exec-env.js';
import { CALL_AGAIN } from '../../../runtime/function.js';
import { errnoOf, SUCCESS } from '../errno.js';
import {
  checkRange,
  EVENT_SIZE,
  type Event,
  memoryOf,
  type Subscription,
  writeEvent,
  writeU32,
} from '../memory-layout.js';
import { FD_READ, FD_WRITE, POLL_FD_READWRITE } from '../rights.js';
import type { WasiState } from '../state.js';
import { type Call, call } from './call.js';
import { timeOf } from './clock.js';
import { pauses, refuseWithoutEventLoop } from './wait.js';

const TYPE_CLOCK = 0;
const TYPE_READ = 1;
const TYPE_WRITE = 2;

/** The most subscriptions: each is checked again and again while the guest waits. */
const MOST_SUBSCRIPTIONS = 4_096;

/** Returns in how many nanoseconds a clock subscription is due; 0 for a time in the past. */
function timeToGo(wasi: WasiState, subscription: Subscription): bigint {
  const now = timeOf(wasi, subscription.clock);
  if (!subscription.absolute) return subscription.timeout;
  return subscription.timeout > now ? subscription.timeout - now : 0n;
}

function event(subscription: Subscription, errno = SUCCESS, bytes = 0, hangup = false): Event {
  return { userdata: subscription.userdata, errno, type: subscription.type, bytes, hangup };
}

/** Returns the event of a descriptor that is ready; undefined if it is not. */
function fileEvent(wasi: WasiState, subscription: Subscription): Event | undefined {
  const reads = subscription.type === TYPE_READ;
  try {
    const descriptor = wasi.fds.getFile(subscription.fd, 0);
    const needed = POLL_FD_READWRITE | (reads ? FD_READ : FD_WRITE);
    wasi.fds.get(subscription.fd, needed);
    const ready = descriptor.file.ready(reads ? 'read' : 'write', descriptor.position);
    return ready && event(subscription, SUCCESS, ready.bytes, ready.hangup);
  } catch (thrown) {
    return event(subscription, errnoOf(thrown));
  }
}

interface Alarm {
  readonly subscription: Subscription;
  /** In milliseconds of the guest's own time; clocks that count by themselves are not waited for. */
  readonly due: number;
}

/** Returns the events that are there at once: errors, and clocks that do not run. Fills `alarms` with the others. */
function startClocks(wasi: WasiState, clocks: readonly Subscription[], alarms: Alarm[]): Event[] {
  const events: Event[] = [];
  const waits: { readonly subscription: Subscription; readonly ms: number }[] = [];
  for (const subscription of clocks) {
    try {
      waits.push({ subscription, ms: Number(timeToGo(wasi, subscription)) / 1e6 });
    } catch (thrown) {
      events.push(event(subscription, errnoOf(thrown)));
    }
  }
  // The time is read last: with an earlier one, an alarm would fire before the guest's coarse clock says that it is due.
  const now = wasi.now();
  for (const { subscription, ms } of waits) alarms.push({ subscription, due: now + ms });
  return events;
}

/** Where the guest's clock is simulated, the earliest alarm fires now, and the clock is advanced to it. */
function skipToFirst(wasi: WasiState, clocks: readonly Subscription[]): Event[] {
  const waits = clocks.map((subscription) => ({ subscription, wait: timeToGo(wasi, subscription) }));
  const shortest = waits.map(({ wait }) => wait).sort((a, b) => Number(a - b))[0]!;
  wasi.clock.skip!(shortest);
  return waits.filter(({ wait }) => wait === shortest).map(({ subscription }) => event(subscription));
}

/** Returns a descriptor that can be waited for; an event of any of them ends the wait. */
function waitable(wasi: WasiState, files: readonly Subscription[]): OpenFile | undefined {
  for (const { fd } of files) {
    const file = wasi.fds.peek(fd)?.file;
    if (file?.wait) return file;
  }
  return undefined;
}

/**
 * Handles clocks alone, for a caller that can wait asynchronously: the event loop runs meanwhile. The events are known beforehand and written at
 * once, so that the guest's memory is not touched later, when the call may have been abandoned. Undefined: the caller waits as usual.
 */
function waitAsync(
  wasi: WasiState,
  env: ExecEnv,
  subscriptions: readonly Subscription[],
  tell: (events: readonly Event[]) => number,
): Promise<number | typeof CALL_AGAIN> | undefined {
  const clocks = subscriptions.filter(({ type }) => type === TYPE_CLOCK);
  const files = subscriptions.filter(({ type }) => type !== TYPE_CLOCK);
  const news = newsOf(wasi, files);
  if (news.length > 0) refuseWithoutEventLoop(env);
  if (!env.canAwait || wasi.clock.skip || news.length < files.length) return undefined;
  // Other threads may run meanwhile.
  if (env.canBlock && news.length === 0) return undefined;
  if (clocks.length === 0) return Promise.race(news);
  const alarms: Alarm[] = [];
  if (startClocks(wasi, clocks, alarms).length > 0) return undefined;
  const first = alarms.reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY);
  const asleep = wasi.sleepAsync(Math.max(0, first - wasi.now()));
  if (!asleep) return undefined;
  const errno = tell(alarms.filter(({ due }) => due === first).map(({ subscription }) => event(subscription)));
  return Promise.race([asleep.then(() => errno), ...news]);
}

/**
 * For descriptors that become ready only when the event loop runs: the promise after which to check them again. A shorter list means that one can be
 * reported now.
 */
function newsOf(wasi: WasiState, files: readonly Subscription[]): Promise<typeof CALL_AGAIN>[] {
  return files.flatMap((subscription) => {
    if (fileEvent(wasi, subscription)) return [];
    const direction = subscription.type === TYPE_READ ? 'read' : 'write';
    const later = wasi.fds.peek(subscription.fd)?.file?.later?.(direction);
    return later
      ? [
          later.then(
            () => CALL_AGAIN,
            () => CALL_AGAIN,
          ),
        ]
      : [];
  });
}

/** What a wait keeps while it lasts. */
class Wait {
  readonly alarms: Alarm[] = [];
  readonly failed: readonly Event[];
  readonly backoff = pauses();

  constructor(wasi: WasiState, clocks: readonly Subscription[]) {
    this.failed = startClocks(wasi, clocks, this.alarms);
  }
}

function wait(wasi: WasiState, env: ExecEnv, subscriptions: readonly Subscription[]): Event[] {
  const clocks = subscriptions.filter(({ type }) => type === TYPE_CLOCK);
  const files = subscriptions.filter(({ type }) => type === TYPE_READ || type === TYPE_WRITE);
  const unknown = subscriptions.filter(({ type }) => type > TYPE_WRITE);
  if (unknown.length > 0) throw new FileError('EINVAL');
  const begun = env.resumption instanceof Wait ? env.resumption : new Wait(wasi, clocks);
  const { alarms, failed, backoff } = begun;
  for (;;) {
    const now = wasi.now();
    const events = [...failed, ...files.flatMap((subscription) => fileEvent(wasi, subscription) ?? [])];
    if (events.length === 0 && wasi.clock.skip && clocks.length > 0) return skipToFirst(wasi, clocks);
    for (const { subscription, due } of alarms) {
      if (due <= now && !wasi.clock.skip) events.push(event(subscription));
    }
    if (events.length > 0) return events;
    const toGo = alarms.reduce((least, { due }) => Math.min(least, due - now), Number.POSITIVE_INFINITY);
    wasi.sleep(env, {
      ms: toGo,
      ...(files.length > 0 && { retryMs: backoff.next(), file: waitable(wasi, files) }),
      state: begun,
    });
  }
}

export const POLL_CALLS: Readonly<Record<string, Call>> = {
  poll_oneoff: call('iiii', (wasi, env, a, dialect) => {
    const input = a[0]! >>> 0;
    const output = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const result = a[12]! >>> 0;
    if (count === 0 || count > MOST_SUBSCRIPTIONS) throw new FileError('EINVAL');
    const memory = memoryOf(env);
    checkRange(memory, input, count * dialect.subscriptionSize);
    checkRange(memory, output, count * EVENT_SIZE);
    checkRange(memory, result, 4);
    const subscriptions: Subscription[] = [];
    for (let i = 0; i < count; i++) {
      subscriptions.push(dialect.readSubscription(memory, input + i * dialect.subscriptionSize));
    }
    const tell = (events: readonly Event[]): number => {
      events.forEach((one, index) => {
        writeEvent(memoryOf(env), output + index * EVENT_SIZE, one);
      });
      writeU32(memoryOf(env), result, events.length);
      return SUCCESS;
    };
    return waitAsync(wasi, env, subscriptions, tell) ?? tell(wait(wasi, env, subscriptions));
  }),
};
