import { describe, expect, it } from 'vitest';
import { PacketBuffer, plainCopy } from '../protocol/packet.js';
import { allocateRing, type Messages, RingTrusted, RingUntrusted } from './ring.js';

/** Both ends of a ring in one thread; messages wait in queues. */
function ends() {
  const ring = allocateRing(64);
  const queues: [unknown[], unknown[]] = [[], []];
  const messages = (own: 0 | 1): Messages => ({
    post: (message) => queues[1 - own]!.push(message),
    take: () => queues[own].shift(),
    now: () => performance.now(),
    spin: false,
    copy: plainCopy,
  });
  const host = new RingUntrusted(ring, messages(0), () => true);
  const trusted = new RingTrusted(ring, messages(1));
  return { host, trusted, toHost: queues[0] };
}
/** The header's word without a use is 0 in every packet. */
const packetOf = (bytes: number) =>
  PacketBuffer.copyOf(new Uint8Array(bytes).map((_, k) => (k >> 2 === 7 ? 0 : k & 127)));

describe('a ring', () => {
  it.each([32, 64, 72, 100_000])('carries packets of %i bytes both ways', (bytes) => {
    const { host, trusted } = ends();
    const into = PacketBuffer.allocate();
    for (let k = 0; k < 3; k++) {
      host.sendSync(packetOf(bytes));
      expect([...trusted.receive(0).bytes()]).toEqual([...packetOf(bytes).bytes()]);
      trusted.send(packetOf(bytes));
      expect(host.receive(into, Number.POSITIVE_INFINITY)).toBe(true);
      expect([...into.bytes()]).toEqual([...packetOf(bytes).bytes()]);
    }
  });
  it('takes messages that the trusted side made up for no packets', () => {
    const lies: unknown[] = [
      null,
      undefined,
      0,
      'text',
      {},
      [],
      { buffer: null, length: 8 },
      { buffer: [], length: 8 },
    ];
    lies.push({ buffer: new SharedArrayBuffer(64), length: 64 }, { buffer: new Uint8Array(64), length: 64 });
    for (const lie of lies) {
      const { host, trusted, toHost } = ends();
      expect(host.woken(lie)).toBeUndefined();
      trusted.send(packetOf(100_000));
      toHost.splice(0, 1, lie);
      const into = PacketBuffer.allocate();
      host.receive(into, Number.POSITIVE_INFINITY);
      expect(into.length).toBe(0);
    }
    for (const length of [-8, 72, 1.5, Number.NaN, '64', undefined]) {
      const { host, trusted, toHost } = ends();
      trusted.send(packetOf(100_000));
      toHost.splice(0, 1, { buffer: new ArrayBuffer(64), length });
      const into = PacketBuffer.allocate();
      host.receive(into, Number.POSITIVE_INFINITY);
      expect(into.length).toBe(0);
    }
  });
});
