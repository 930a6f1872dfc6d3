// The wire between two threads over one SharedArrayBuffer: an area for packets and a counter in each direction. A side spins while calls come fast
// and sleeps otherwise. Packets larger than an area go as messages whose memory moves; this file does not know how messages are sent.
// Refuses to read an area twice: length and bytes are taken once, into private memory.
import { EnclaveError } from '../protocol/enclave-errors.js';
import { type CopyBytes, MAX_PACKET_BYTES, PacketBuffer, RESERVED_WORD } from '../protocol/packet.js';
import type { TrustedWire } from './trusted-conversation.js';
import type { UntrustedWire } from './untrusted-conversation.js';

/*
  control words, those written by one side together on a cache line of their own
    untrusted:  0 how it waits   1 aborted sequence
    trusted:   16 whether it sleeps
  a message word: 16 bits that count messages, 16 bits that say where the message is: its length in words of 64 bits in the sender's area, or
  AS_MESSAGE. It is one word, so that one read says that there is a message, and where. It lies in the area itself, where a packet's header has a
  word without a use: the cache line that says that there is a short packet brings it.
*/
const UNTRUSTED_WAITS = 0;
const ABORTED = 1;
const TRUSTED_SLEEPS = 16;
const CONTROL_BYTES = 128;
const MESSAGE = RESERVED_WORD;
const AS_MESSAGE = 0xffff;
const COUNT_BITS = ~0xffff;
const COUNT_ONE = 0x1_0000;
/** JavaScript engines place large memory 16 bytes after the start of a page: with this offset, areas begin at cache lines of 64 bytes. */
const ALIGN_BYTES = 48;
/** What is smaller may be no large memory, and lie anywhere. What is not used of it takes addresses only. */
const LARGE_BYTES = 1_572_864;

/** How the untrusted side waits: it polls, sleeps on TO_UNTRUSTED, or runs its event loop and wants a message. */
const POLLING = 0;
const ASLEEP = 1;
const EVENT_LOOP = 2;

/** Bytes of one area: a packet with 64 KiB of payload fits. */
const DEFAULT_AREA_BYTES = 131_072;
const MAX_AREA_BYTES = (AS_MESSAGE - 1) * 8;
/** The number of polls before sleeping, while messages come fast: about 20 us. */
const SPIN = 5_000;
/** The number of polls after a short sleep: as long as waking the other side takes, or the two would put each other to sleep for ever. */
const SPIN_AFTER_SLEEP = 30_000;
/** The number of long sleeps after which a side polls once more. */
const SLEEPS_BEFORE_POLLING = 16;
/** Milliseconds below which a wait was worth spinning for: twice the cost of waking up. */
const WORTH_SPINNING_MS = 0.15;
/** Milliseconds between two checks by a sleeping untrusted side whether the trusted side still runs. */
const LIFE_CHECK_MS = 50;

export interface RingMemory {
  readonly memory: SharedArrayBuffer;
  readonly areaBytes: number;
}
/** @param wanted bytes of one area, reduced to what a message word can express */
export function allocateRing(wanted = DEFAULT_AREA_BYTES): RingMemory {
  const areaBytes = Math.max(64, Math.min(wanted, MAX_AREA_BYTES)) & ~63;
  const bytes = ALIGN_BYTES + CONTROL_BYTES + 2 * areaBytes;
  return { memory: new SharedArrayBuffer(Math.max(LARGE_BYTES, bytes)), areaBytes };
}

/** A packet as a message. */
export interface BigPacket {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}
/** The channel for packets that do not fit, and for waking an event loop. */
export interface Messages {
  /** @param transfer memory that moves */
  post(message: BigPacket | number, transfer: ArrayBuffer[]): void;
  /** Returns the next message that has arrived, without waiting. */
  take(): unknown;
  /** Milliseconds since an arbitrary start. */
  now(): number;
  /** Whether spinning can help, because there is another core. */
  readonly spin: boolean;
  /** Copies into and out of shared memory. */
  readonly copy: CopyBytes;
}

/** The state that both ends have in common. */
class RingEnd {
  protected readonly control: Int32Array;
  protected readonly toTrusted: PacketBuffer;
  protected readonly toUntrusted: PacketBuffer;
  protected readonly messages: Messages;
  /** The last message word of this side. */
  #word = 0;
  /** The last message word that was taken. */
  protected taken = 0;
  protected spins: number;
  #sleeps = 0;

  constructor({ memory, areaBytes }: RingMemory, messages: Messages) {
    const areas = ALIGN_BYTES + CONTROL_BYTES;
    this.control = new Int32Array(memory, ALIGN_BYTES, CONTROL_BYTES >> 2);
    this.toTrusted = new PacketBuffer(memory, areas, areaBytes, false, messages.copy);
    this.toUntrusted = new PacketBuffer(memory, areas + areaBytes, areaBytes, false, messages.copy);
    this.messages = messages;
    this.spins = messages.spin ? SPIN : 0;
  }

  /** Puts a packet into the area, or transfers it where it is too large, and says so there. */
  protected place(packet: PacketBuffer, area: PacketBuffer): void {
    const { length } = packet;
    let where = length >> 3;
    if (packet !== area) {
      if (length > area.u8.length || (length & 7) !== 0) {
        const buffer = packet.release();
        this.messages.post({ buffer, length }, [buffer]);
        where = AS_MESSAGE;
      } else {
        // The other side is looking at the word: it must stay as it is until the packet is there.
        packet.i32[MESSAGE] = this.#word;
        area.copyIn(packet.u8, packet.i32, length, area.copy);
        packet.i32[MESSAGE] = 0;
      }
    }
    this.#word = ((this.#word & COUNT_BITS) + COUNT_ONE) | where;
    Atomics.store(area.i32, MESSAGE, this.#word);
  }

  /** Polls until there is a message, for as long as polling was worth it lately. Returns whether there is one. */
  protected poll({ i32: words }: PacketBuffer): boolean {
    const { taken, spins } = this;
    for (let k = 0; k < spins; k++) {
      const found = Atomics.load(words, MESSAGE);
      if (found === taken) continue;
      this.taken = found;
      // The next poll may last a little longer than this one took: calls with large payloads take longer than small ones.
      if (spins !== SPIN || k * 4 > SPIN) this.spins = Math.min(SPIN_AFTER_SLEEP, Math.max(SPIN, k * 4));
      return true;
    }
    return this.pollOnce(words);
  }
  /** Polls once. */
  protected pollOnce(words: Int32Array): boolean {
    const found = Atomics.load(words, MESSAGE);
    if (found === this.taken) return false;
    this.taken = found;
    return true;
  }
  /** After a sleep: decides whether polling longer would have been cheaper. */
  protected learn(sleptMs: number): void {
    // Each side may be sleeping only because the other one is, so now and then one finds out whether calls have become fast again.
    const again = sleptMs < WORTH_SPINNING_MS || ++this.#sleeps % SLEEPS_BEFORE_POLLING === 0;
    this.spins = this.messages.spin && again ? SPIN_AFTER_SLEEP : 0;
  }

  /** Takes the last message by one copy, into `into` or into memory that was transferred here. */
  protected fetch(area: PacketBuffer, into: PacketBuffer): PacketBuffer {
    const place = this.taken & 0xffff;
    if (place === AS_MESSAGE) return this.fetchBig();
    const length = place * 8;
    into.copyIn(area.u8, area.i32, length <= area.u8.length ? length : 0, area.copy);
    into.i32[MESSAGE] = 0;
    return into;
  }
  /** Takes a packet whose memory was moved here: the other thread cannot write to it any more. */
  protected fetchBig(): PacketBuffer {
    for (;;) {
      const message = this.messages.take();
      if (message === undefined) break;
      const packet = packetOf(message);
      if (packet) return packet;
    }
    return PacketBuffer.allocate(8);
  }
}

/** A packet's memory grows in steps, so it may be a little larger than the largest packet. */
const LARGEST_BYTES = MAX_PACKET_BYTES + 8;

/** Returns the packet that a message transferred here; undefined for messages without one, and for forged ones. */
function packetOf(message: unknown): PacketBuffer | undefined {
  const { buffer, length } = (message ?? {}) as { readonly buffer?: unknown; readonly length?: unknown };
  if (!(buffer instanceof ArrayBuffer)) return undefined;
  if (buffer.byteLength > LARGEST_BYTES) {
    throw new EnclaveError(
      'protocol',
      `a message of ${buffer.byteLength} bytes, and none has more than ${LARGEST_BYTES}`,
    );
  }
  const packet = new PacketBuffer(buffer);
  if (typeof length === 'number' && Number.isInteger(length) && length >= 0 && length <= buffer.byteLength) {
    packet.length = length;
  }
  return packet;
}

/** The untrusted end. */
export class RingUntrusted extends RingEnd implements UntrustedWire {
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
    Atomics.store(this.control, UNTRUSTED_WAITS, EVENT_LOOP);
    this.#send(packet);
  }
  sendSync(packet: PacketBuffer): void {
    if (this.control[UNTRUSTED_WAITS] !== POLLING) Atomics.store(this.control, UNTRUSTED_WAITS, POLLING);
    this.#send(packet);
  }
  #send(packet: PacketBuffer): void {
    this.place(packet, this.toTrusted);
    if (Atomics.load(this.control, TRUSTED_SLEEPS) === 0) return;
    Atomics.notify(this.toTrusted.i32, MESSAGE);
    // This side has just been woken: sleeping now would cost another wake-up.
    if (this.messages.spin) this.spins = SPIN_AFTER_SLEEP;
  }
  /** Returns the memory to write a command to, while it is the untrusted side's turn. */
  outgoing(): PacketBuffer {
    return this.toTrusted;
  }

  receive(into: PacketBuffer, deadline: number): boolean {
    if (!this.poll(this.toUntrusted) && !this.#sleep(deadline)) return false;
    const packet = this.fetch(this.toUntrusted, into);
    if (packet !== into) into.become(packet);
    return true;
  }

  #sleep(deadline: number): boolean {
    const { control } = this;
    const words = this.toUntrusted.i32;
    const began = this.now();
    Atomics.store(control, UNTRUSTED_WAITS, ASLEEP);
    // A notification may belong to a message that was already taken: only the word says whether there is a new one.
    while (!this.pollOnce(words)) {
      const left = deadline - this.now();
      if (left <= 0) return false;
      const woken = Atomics.wait(words, MESSAGE, this.taken, Math.min(LIFE_CHECK_MS, left));
      if (woken === 'timed-out' && !this.#lives() && Atomics.load(words, MESSAGE) === this.taken) {
        throw new EnclaveError('exit', 'the trusted side ended by itself: out of memory, or a crash');
      }
    }
    Atomics.store(control, UNTRUSTED_WAITS, POLLING);
    this.learn(this.now() - began);
    return true;
  }

  /** Takes every message of the trusted side and returns the present packet, if there is one. */
  woken(message: unknown): PacketBuffer | undefined {
    const big = packetOf(message);
    if (big) {
      this.#big = big;
      return undefined;
    }
    if (!this.pollOnce(this.toUntrusted.i32)) return undefined;
    const place = this.taken & 0xffff;
    return this.fetch(this.toUntrusted, PacketBuffer.allocate(place === AS_MESSAGE ? 8 : Math.max(8, place * 8)));
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
    if (!this.poll(this.toTrusted)) this.#sleep();
    // The memory is reused, because allocating it costs more than the copy.
    return this.fetch(this.toTrusted, (this.#inputs[depth] ??= PacketBuffer.allocate()));
  }
  #sleep(): void {
    const { control } = this;
    const words = this.toTrusted.i32;
    const began = this.messages.now();
    Atomics.store(control, TRUSTED_SLEEPS, 1);
    while (!this.pollOnce(words)) Atomics.wait(words, MESSAGE, this.taken);
    Atomics.store(control, TRUSTED_SLEEPS, 0);
    this.learn(this.messages.now() - began);
  }

  outgoing(): PacketBuffer {
    return this.toUntrusted;
  }
  send(packet: PacketBuffer): void {
    this.place(packet, this.toUntrusted);
    const waits = Atomics.load(this.control, UNTRUSTED_WAITS);
    if (waits === ASLEEP) Atomics.notify(this.toUntrusted.i32, MESSAGE);
    else if (waits === EVENT_LOOP) this.messages.post(0, []);
  }
  aborted(sequence: number): boolean {
    return Atomics.load(this.control, ABORTED) === sequence && sequence !== 0;
  }
}
