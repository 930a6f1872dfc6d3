import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMAND_ROUTES, decode, encode, Layout, type Route } from './codec.js';
import { COMMANDS, type CommandName } from './commands.js';
import { ProtocolError } from './enclave-errors.js';
import { FAST_CODECS } from './fast-codecs.js';
import type { Fields } from './fields.js';
import { PacketBuffer, PacketReader } from './packet.js';

/** The same row without its codec by hand. */
function byTable(name: CommandName): Route {
  const route = COMMAND_ROUTES.get(name)!;
  const row: { args: Fields; result: Fields } = COMMANDS[name];
  return { ...route, args: new Layout(row.args), result: new Layout(row.result) };
}
function packetOf(route: Route, layout: Layout, values: object): PacketBuffer {
  const packet = PacketBuffer.allocate(32);
  encode(packet, 1, 7, route, layout, values);
  return packet;
}
function outcome(packet: PacketBuffer, route: Route, layout: Layout): unknown {
  const reader = new PacketReader();
  try {
    reader.begin(packet);
    return decode(reader, route, layout);
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}
function written(route: Route, layout: Layout, values: object): unknown {
  try {
    return [...packetOf(route, layout, values).bytes()];
  } catch (error) {
    return String(error);
  }
}

const odd = fc.oneof(
  fc.constantFrom(undefined, null, -1, -0, 1.5, Number.NaN, 2 ** 32, 2 ** 53, 'text', {}, []),
  fc.bigInt(),
);
const size = fc.oneof(fc.nat(), fc.maxSafeNat(), odd);
const value = fc.oneof(fc.double(), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), fc.nat(), odd);
const values = fc.oneof(fc.array(value, { maxLength: 4 }), odd);
const usage = fc.record(
  {
    fuel: size,
    wallMs: fc.oneof(fc.double(), odd),
    memoryBytes: size,
    peakMemoryBytes: size,
    hostCalls: fc.nat(),
    bytesRead: size,
    bytesWritten: fc.nat(),
    more: fc.nat(),
  },
  { requiredKeys: ['wallMs', 'memoryBytes', 'peakMemoryBytes', 'hostCalls', 'bytesRead', 'bytesWritten'] },
);
const pingArgs = fc.record(
  { a: size, b: fc.nat(), c: size, d: fc.nat(), e: fc.nat() },
  { requiredKeys: ['a', 'b', 'c'] },
);
const SAMPLES: { readonly [row: string]: readonly [args: fc.Arbitrary<object>, result: fc.Arbitrary<object>] } = {
  ping: [pingArgs, pingArgs],
  callWasm: [
    fc.record(
      { execEnv: size, function: size, values, limits: fc.constantFrom(undefined, { fuel: 5 }, 7), more: fc.nat() },
      { requiredKeys: ['execEnv', 'function', 'values'] },
    ),
    fc.record({ values, usage: fc.oneof(usage, odd) }, { requiredKeys: ['values'] }),
  ],
};

describe('rows with a codec by hand', () => {
  it.each(Object.keys(FAST_CODECS) as CommandName[])(
    '%s: the same bytes, values and errors as by the table',
    (name) => {
      const route = COMMAND_ROUTES.get(name)!;
      const plain = byTable(name);
      for (const side of ['args', 'result'] as const) {
        fc.assert(
          fc.property(
            SAMPLES[name]![side === 'args' ? 0 : 1],
            fc.array(fc.tuple(fc.nat(), fc.nat())),
            (sample, bends) => {
              expect(written(route, route[side], sample)).toEqual(written(plain, plain[side], sample));
              let packet: PacketBuffer;
              try {
                packet = packetOf(plain, plain[side], sample);
              } catch {
                return;
              }
              expect(outcome(packet, route, route[side])).toEqual(outcome(packet, plain, plain[side]));
              for (const [at, bits] of bends) packet.u8[32 + (at % (packet.length - 31))]! ^= bits;
              expect(outcome(packet, route, route[side])).toEqual(outcome(packet, plain, plain[side]));
            },
          ),
          { numRuns: 2_000 },
        );
      }
    },
  );
});
