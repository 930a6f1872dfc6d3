import { expect, test } from 'vitest';
import { PacketBuffer } from '../protocol/packet.js';
import type { TrustedEntry } from '../protocol/transport.js';
import { TrustedConversation, type TrustedWire } from './trusted-conversation.js';

test('the event loop gets a turn after each ten milliseconds of commands, and never before an answer is out', async () => {
  const happened: string[] = [];
  let now = 0;
  let left = 7;
  const wire: TrustedWire = {
    receive: () => (left-- > 0 ? PacketBuffer.allocate() : undefined),
    send: () => void happened.push('answer'),
    outgoing: () => undefined,
    aborted: () => false,
  };
  const eventLoop = {
    now: () => now,
    turn: async () => void happened.push('turn'),
  };
  const entry = {
    handleCommand: () => {
      now += 4;
      return {};
    },
    writeAnswer: () => {},
  } as unknown as TrustedEntry;
  await new TrustedConversation(wire, eventLoop).serve(entry);
  const three = ['answer', 'answer', 'answer', 'turn'];
  expect(happened).toEqual([...three, ...three, 'answer']);
});
