// Two threads and one SharedArrayBuffer: an area for packets in each direction, a counter each, spinning while calls come fast, sleeping
// otherwise. Packets larger than an area go as messages whose memory moves. Knows no workers: how messages go is given.
// Refuses to read an area twice: length and bytes are taken once, into private memory.
import { EnclaveError } from '../protocol/errors.js';
import { type CopyBytes, PacketBuffer } from '../protocol/packet.js';
import type { HostWire } from './host-conversation.js';
import type { TrustedWire } from './trusted-conversation.js';

/*
  control words, those written by one side together on a cache line of their own
    host:     0 messages sent to the trusted side   1 length of the last, -1: it is a message   2 how the host waits   3 aborted sequence
    trusted: 16 messages sent to the host          17 length of the last, -1: it is a message  18 whether the trusted side sleeps
*/
const TO_TRUSTED = 0;
const TO_TRUSTED_LENGTH = 1;
const HOST_WAITS = 2;
const ABORTED = 3;
const TO_HOST = 16;
const TO_HOST_LENGTH = 17;
const TRUSTED_SLEEPS = 18;
const CONTROL_BYTES = 128;

/** How the host waits: it looks by itself, sleeps on TO_HOST, or goes on with its event loop and wants a message. */
const LOOKING = 0;
const ASLEEP = 1;
const EVENT_LOOP = 2;
const AS_MESSAGE = -1;

/** Bytes of one area: a packet of 64 KiB of payload and its header fit. */
export const DEFAULT_AREA_BYTES = 131_072;
/** Looks before sleeping, while messages come fast: about 20 us. */
const SPIN = 5_000;
/** Looks after a short sleep: as long as waking the other side takes, or the two would put each other to sleep for ever. */
const SPIN_AFTER_SLEEP = 30_000;
/** A wait shorter than this, in milliseconds, was worth spinning for: what waking up costs, and as much again. */
const WORTH_SPINNING_MS = 0.15;
/** A sleeping host looks this often, in milliseconds, whether the other side still lives. */
const LIFE_CHECK_MS = 50;

export interface RingMemory {
  readonly memory: SharedArrayBuffer;
  readonly areaBytes: number;
}
export function allocateRing(areaBytes = DEFAULT_AREA_BYTES): RingMemory {
  return { memory: new SharedArrayBuffer(CONTROL_BYTES + 2 * areaBytes), areaBytes };
}

/** A packet as a message. */
export interface BigPacket {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}
/** The way for packets that do not fit, and for waking an event loop. */
export interface Messages {
  /** @param transfer memory that moves */
  post(message: BigPacket | number, transfer: ArrayBuffer[]): void;
  /** The next message that has arrived, without waiting. */
  take(): unknown;
  /** Milliseconds since an arbitrary start. */
  now(): number;
  /** Whether spinning can help: there is another core. */
  readonly spin: boolean;
  /** Into and out of shared memory. */
  readonly copy: CopyBytes;
}

/** What both ends share. */
class RingEnd {
  protected readonly control: Int32Array;
  protected readonly toTrusted: PacketBuffer;
  protected readonly toHost: PacketBuffer;
  protected readonly messages: Messages;
  protected sent = 0;
  protected taken = 0;
  protected spins: number;

  constructor({ memory, areaBytes }: RingMemory, messages: Messages) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES >> 2);
    this.toTrusted = new PacketBuffer(memory, CONTROL_BYTES, areaBytes, false, messages.copy);
    this.toHost = new PacketBuffer(memory, CONTROL_BYTES + areaBytes, areaBytes, false, messages.copy);
    this.messages = messages;
    this.spins = messages.spin ? SPIN : 0;
  }

  /** Puts a packet where the other side will find it; large ones move there. */
  protected place(packet: PacketBuffer, area: PacketBuffer, lengthWord: number): void {
    const { length } = packet;
    if (packet === area) this.control[lengthWord] = length;
    else if (length <= area.u8.length) {
      area.copyIn(packet.u8, packet.i32, length, area.copy);
      this.control[lengthWord] = length;
    } else {
      const buffer = packet.release();
      this.messages.post({ buffer, length }, [buffer]);
      this.control[lengthWord] = AS_MESSAGE;
    }
  }

  /** Looks until the counter changes, as long as that was worth it lately. */
  protected look(word: number): boolean {
    const { control, taken, spins } = this;
    for (let k = 0; k < spins; k++) {
      if (Atomics.load(control, word) === taken) continue;
      // Next time as long as this one took, and then some: calls with large payloads take longer than small ones.
      if (spins !== SPIN || k * 4 > SPIN) this.spins = Math.min(SPIN_AFTER_SLEEP, Math.max(SPIN, k * 4));
      return true;
    }
    return Atomics.load(control, word) !== taken;
  }
  /** After a sleep: whether looking longer would have been cheaper. */
  protected learn(sleptMs: number): void {
    this.spins = this.messages.spin && sleptMs < WORTH_SPINNING_MS ? SPIN_AFTER_SLEEP : 0;
  }

  /** Takes the message that is there: bytes in its area, read once and within it, or AS_MESSAGE. */
  protected takeLength(area: PacketBuffer, lengthWord: number): number {
    this.taken = (this.taken + 1) | 0;
    const length = this.control[lengthWord]!;
    return length === AS_MESSAGE || (length >= 0 && length <= area.u8.length) ? length : 0;
  }
  /** Its memory was moved here: nobody else can write to it. */
  protected fetchBig(): PacketBuffer {
    for (;;) {
      const message = this.messages.take() as BigPacket | number | undefined;
      if (message === undefined) break;
      if (typeof message === 'object' && message.buffer instanceof ArrayBuffer) return packetOf(message);
    }
    return PacketBuffer.allocate(8);
  }
}

function packetOf({ buffer, length }: BigPacket): PacketBuffer {
  const packet = new PacketBuffer(buffer);
  packet.length = Number.isInteger(length) && length >= 0 && length <= buffer.byteLength ? length : 0;
  return packet;
}

/** The host's end. */
export class RingHost extends RingEnd implements HostWire {
  /** Whether the trusted side can still answer. */
  readonly #lives: () => boolean;
  #big: PacketBuffer | undefined;

  constructor(ring: RingMemory, messages: Messages, lives: () => boolean) {
    super(ring, messages);
    this.#lives = lives;
  }
  now(): number {
    return this.messages.now();
  }
  send(packet: PacketBuffer): void {
    Atomics.store(this.control, HOST_WAITS, EVENT_LOOP);
    this.#send(packet);
  }
  sendSync(packet: PacketBuffer): void {
    if (this.control[HOST_WAITS] !== LOOKING) Atomics.store(this.control, HOST_WAITS, LOOKING);
    this.#send(packet);
  }
  #send(packet: PacketBuffer): void {
    this.place(packet, this.toTrusted, TO_TRUSTED_LENGTH);
    Atomics.store(this.control, TO_TRUSTED, (this.sent = (this.sent + 1) | 0));
    if (Atomics.load(this.control, TRUSTED_SLEEPS) === 0) return;
    Atomics.notify(this.control, TO_TRUSTED);
    // One waking is enough: to sleep now would cost another.
    if (this.messages.spin) this.spins = SPIN_AFTER_SLEEP;
  }
  /** Memory to write a command to, while it is the host's turn. */
  outgoing(): PacketBuffer {
    return this.toTrusted;
  }

  receive(into: PacketBuffer, deadline: number): boolean {
    if (!this.look(TO_HOST) && !this.#sleep(deadline)) return false;
    const area = this.toHost;
    const length = this.takeLength(area, TO_HOST_LENGTH);
    if (length === AS_MESSAGE) into.become(this.fetchBig());
    else into.copyIn(area.u8, area.i32, length, area.copy);
    return true;
  }

  #sleep(deadline: number): boolean {
    const { control } = this;
    const began = this.now();
    Atomics.store(control, HOST_WAITS, ASLEEP);
    // A notification may belong to a message that was seen without it: only the counter says that one has come.
    while (Atomics.load(control, TO_HOST) === this.taken) {
      const left = deadline - this.now();
      if (left <= 0) return false;
      const woken = Atomics.wait(control, TO_HOST, this.taken, Math.min(LIFE_CHECK_MS, left));
      if (woken === 'timed-out' && !this.#lives() && Atomics.load(control, TO_HOST) === this.taken) {
        throw new EnclaveError('exit', 'the trusted side ended by itself: out of memory, or a crash');
      }
    }
    Atomics.store(control, HOST_WAITS, LOOKING);
    this.learn(this.now() - began);
    return true;
  }

  /** Told of every message of the trusted side: gives the packet that is there now, if there is one. */
  woken(message: unknown): PacketBuffer | undefined {
    if (typeof message === 'object' && message !== null) {
      this.#big = packetOf(message as BigPacket);
      return undefined;
    }
    if (Atomics.load(this.control, TO_HOST) === this.taken) return undefined;
    const length = this.takeLength(this.toHost, TO_HOST_LENGTH);
    if (length === AS_MESSAGE) return this.fetchBig();
    const packet = PacketBuffer.allocate(length || 8);
    packet.copyIn(this.toHost.u8, this.toHost.i32, length, this.toHost.copy);
    return packet;
  }
  protected override fetchBig(): PacketBuffer {
    const big = this.#big;
    this.#big = undefined;
    return big ?? super.fetchBig();
  }

  abort(sequence: number): void {
    Atomics.store(this.control, ABORTED, sequence | 0);
  }
}

/** The trusted end. */
export class RingTrusted extends RingEnd implements TrustedWire {
  readonly #inputs: PacketBuffer[] = [];

  receive(depth: number): PacketBuffer {
    if (!this.look(TO_TRUSTED)) this.#sleep();
    const area = this.toTrusted;
    const length = this.takeLength(area, TO_TRUSTED_LENGTH);
    if (length === AS_MESSAGE) return this.fetchBig();
    // Memory that is used again: making some costs more than the copy.
    const packet = (this.#inputs[depth] ??= PacketBuffer.allocate());
    packet.copyIn(area.u8, area.i32, length, area.copy);
    return packet;
  }
  #sleep(): void {
    const { control } = this;
    const began = this.messages.now();
    Atomics.store(control, TRUSTED_SLEEPS, 1);
    while (Atomics.load(control, TO_TRUSTED) === this.taken) Atomics.wait(control, TO_TRUSTED, this.taken);
    Atomics.store(control, TRUSTED_SLEEPS, 0);
    this.learn(this.messages.now() - began);
  }

  outgoing(): PacketBuffer {
    return this.toHost;
  }
  send(packet: PacketBuffer): void {
    this.place(packet, this.toHost, TO_HOST_LENGTH);
    Atomics.store(this.control, TO_HOST, (this.sent = (this.sent + 1) | 0));
    const waits = Atomics.load(this.control, HOST_WAITS);
    if (waits === ASLEEP) Atomics.notify(this.control, TO_HOST);
    else if (waits === EVENT_LOOP) this.messages.post(0, []);
  }
  aborted(sequence: number): boolean {
    return Atomics.load(this.control, ABORTED) === sequence && sequence !== 0;
  }
}
