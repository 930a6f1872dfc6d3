// The weak points of WAMR's SGX sample at its boundary, one test each, showing that they are absent here. Packets are made by hand, as a
// hostile host would; "sample" in the names is WAMR's.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND_ROUTES, decode, encode, OCALL_ROUTES } from '#src/enclave/protocol/codec.js';
import { COMMAND_NAMES, type CommandName, PROTOCOL_VERSION } from '#src/enclave/protocol/commands.js';
import { KIND, PacketBuffer, PacketReader } from '#src/enclave/protocol/packet.js';
import type { TrustedEntry } from '#src/enclave/protocol/transport.js';
import { ERROR_LAYOUT } from '#src/enclave/protocol/wire-errors.js';
import { OcallFileSystem } from '#src/enclave/trusted/ocall-files.js';
import { OcallPort } from '#src/enclave/trusted/ocall-port.js';
import { TrustedPlatform } from '#src/enclave/trusted/trusted-platform.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { assemble } from '../helpers/wat.js';
import { DEMO, HOST_TAKES, localEnclave, realTrusted } from './support.js';

interface Answer {
  readonly error?: { readonly kind: string; readonly message: string };
  readonly [name: string]: unknown;
}

let demo: Uint8Array;
beforeAll(async () => {
  demo = await assemble(DEMO);
});

/** A hostile host: it sends what it likes. */
class Host {
  readonly trusted: TrustedEntry = realTrusted()(() => PacketBuffer.allocate(), false);
  sequence = 0;

  packet(name: CommandName, args: object): PacketBuffer {
    const route = COMMAND_ROUTES.get(name)!;
    const packet = PacketBuffer.allocate();
    encode(packet, KIND.ecall, ++this.sequence, route, route.args, args);
    return packet;
  }
  send(packet: PacketBuffer, length = packet.length): Answer {
    const answer = PacketBuffer.allocate();
    this.trusted.writeAnswer(this.trusted.handleCommand(packet, length), answer);
    const reader = new PacketReader();
    reader.begin(answer);
    const route = [...COMMAND_ROUTES.values()].find(({ number }) => number === reader.number)!;
    return decode(reader, route, reader.kind === KIND.error ? ERROR_LAYOUT : route.result) as Answer;
  }
  do(name: CommandName, args: object = {}): Answer {
    return this.send(this.packet(name, args));
  }
  /** Handshake, init, load, instantiate. */
  start(): { module: number; instance: number } {
    this.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES });
    this.do('initRuntime', { options: {} });
    const { module } = this.do('loadModule', { bytes: demo });
    const { instance } = this.do('instantiateModule', { module });
    return { module: module as number, instance: instance as number };
  }
}

let host: Host;
beforeEach(() => {
  host = new Host();
});
const text = (answer: Answer) => answer.error?.message ?? 'no error';

describe("weak points of the sample's host interface", () => {
  it('raw pointers in slots: there are none; a number that is no handle is refused by every command', () => {
    host.start();
    for (const pointer of [0, 1, 0x7fff_f7a0_1000, 2 ** 52]) {
      expect(text(host.do('deinstantiateModule', { instance: pointer }))).toContain('invalid instance handle');
      expect(text(host.do('getException', { instance: pointer }))).toContain('invalid instance handle');
      expect(text(host.do('execAppMain', { instance: pointer, argv: [] }))).toContain('invalid instance handle');
      expect(text(host.do('unloadModule', { module: pointer }))).toContain('invalid module handle');
    }
  });

  it('a buffer that changes while it is read (TOCTOU): it is copied once, before the first check', () => {
    host.start();
    const packet = host.packet('echo', { bytes: new Uint8Array([1, 2, 3]) });
    const outcome = host.trusted.handleCommand(packet, packet.length);
    packet.u8.fill(0xff);
    const answer = PacketBuffer.allocate();
    host.trusted.writeAnswer(outcome, answer);
    const reader = new PacketReader();
    reader.begin(answer);
    const route = COMMAND_ROUTES.get('echo')!;
    expect(decode(reader, route, route.result)['bytes']).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('a module whose bytes the host changes after the load: the trusted side keeps its own', () => {
    host.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES });
    host.do('initRuntime', { options: {} });
    const packet = host.packet('loadModule', { bytes: demo });
    const { module } = host.send(packet);
    packet.u8.fill(0);
    const { instance } = host.do('instantiateModule', { module });
    expect(host.do('execAppFunc', { instance, name: 'add', argv: ['1', '2'] })['results']).toEqual(['0x3:i32']);
  });

  it('strings measured twice (SET_WASI_ARGS): lengths are in the packet, and checked against it', () => {
    const { module } = host.start();
    const packet = host.packet('setWasiArgs', { module, options: { args: ['short'] } });
    // The length of the string, wherever it stands: grown beyond its payload.
    const at = Buffer.from(packet.bytes()).indexOf('short') - 4;
    packet.view.setUint32(at, 5_000, true);
    expect(text(host.send(packet))).toMatch(/SET_WASI_ARGS: 'options': 5000 bytes wanted/);
  });

  it('an element count whose product overflows: a list claims no more items than its payload has bytes', () => {
    const { module } = host.start();
    const packet = host.packet('setWasiArgs', { module, options: { args: ['short'] } });
    packet.view.setUint32(Buffer.from(packet.bytes()).indexOf('short') - 8, 0xffff_ffff, true);
    expect(text(host.send(packet))).toContain('a list of 4294967295 items');
  });

  it('SET_WASI_ARGS twice (the sample leaks the first): the second replaces the first', () => {
    const { module } = host.start();
    expect(host.do('setWasiArgs', { module, options: { args: ['a'] } }).error).toBeUndefined();
    expect(host.do('setWasiArgs', { module, options: { args: ['b'] } }).error).toBeUndefined();
  });

  it('too few slots (the sample asserts, inertly): named errors, for every command', () => {
    host.start();
    for (const name of COMMAND_NAMES) {
      const packet = host.packet('getVersion', {});
      packet.i32[2] = COMMAND_ROUTES.get(name)!.number;
      const { slotNames, payloadNames } = COMMAND_ROUTES.get(name)!.args;
      if (slotNames.length + payloadNames.length === 0) {
        host.sequence--;
        continue;
      }
      expect(text(host.send(packet))).toContain(
        `${slotNames.length} slots and ${payloadNames.length} payloads expected`,
      );
    }
  });

  it('an in-band argc that is larger than the buffer: the header describes exactly the bytes that came', () => {
    host.start();
    for (const [word, value] of [
      [4, 3],
      [4, 0xffff_ffff],
      [5, 16],
      [5, 0x8000_0000],
      [6, 1 << 30],
      [7, 1],
      [0, 0],
    ] as const) {
      const packet = host.packet('ping', { a: 1, b: 2, c: 3, d: 4 });
      host.sequence--;
      packet.i32[word] = value;
      expect(host.send(packet).error?.kind).toBe('protocol');
    }
  });

  it('a NULL buffer (the sample dereferences it): an empty or short packet is an error', () => {
    for (const length of [0, 1, 4, 8, 31]) {
      expect(host.send(PacketBuffer.allocate(64), length).error?.message).toMatch(/packet of \d+ bytes/);
    }
    expect(host.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES }).error).toBeUndefined();
  });

  it('unknown commands come back as success: here they are errors', () => {
    host.start();
    const packet = host.packet('getVersion', {});
    packet.i32[2] = 15;
    expect(text(host.send(packet))).toContain('unknown command 15');
  });

  it('UNLOAD with live instances is use after free: refused until they are gone', () => {
    const { module, instance } = host.start();
    expect(text(host.do('unloadModule', { module }))).toContain('1 live instances');
    host.do('deinstantiateModule', { instance });
    expect(host.do('unloadModule', { module }).error).toBeUndefined();
    expect(text(host.do('unloadModule', { module }))).toContain('the module is gone');
  });

  it('handles survive DESTROY: here they die with the runtime, and no number comes again', () => {
    const before = host.start();
    host.do('destroyRuntime');
    host.do('initRuntime', { options: {} });
    const { module } = host.do('loadModule', { bytes: demo });
    expect(module).not.toBe(before.module);
    expect(text(host.do('unloadModule', { module: before.module }))).toContain('the module is gone');
    expect(text(host.do('getUsage', { instance: before.instance }))).toContain('the instance is gone');
  });

  it('handles cast to another type (the PGO commands): a handle carries its kind', () => {
    const { module, instance } = host.start();
    expect(text(host.do('getException', { instance: module }))).toContain('it is a handle of kind module');
    expect(text(host.do('unloadModule', { module: instance }))).toContain('it is a handle of kind instance');
  });

  it('32-bit writes leave the upper half of a slot: all 64 bits of every slot are read and checked', () => {
    const { instance } = host.start();
    const packet = host.packet('getUsage', { instance });
    packet.i32[9] = 0x7fff;
    expect(text(host.send(packet))).toContain('invalid instance handle');
    const upper = host.packet('ping', { a: 1, b: 2, c: 3, d: 4 });
    upper.i32[11] = 1;
    expect(text(host.send(upper))).toContain("PING: 'b': 0x100000002 is not a u32");
    const negative = host.packet('getUsage', { instance });
    negative.i32[9] = -1;
    expect(text(host.send(negative))).toContain('is not a size');
  });

  it('failures are told by a value that stays as it was: every failure is an answer of its own kind', () => {
    host.start();
    expect(host.do('getException', { instance: 3 }).error?.kind).toBe('usage');
    expect(host.do('setWasiArgs', { module: 3, options: {} }).error?.kind).toBe('usage');
    expect(host.do('loadModule', { bytes: new Uint8Array(8) }).error?.kind).toBe('malformed');
  });

  it('no order is checked: work before init, init twice, no handshake, each has its error', () => {
    expect(text(host.do('loadModule', { bytes: demo }))).toContain('HANDSHAKE comes first');
    expect(host.do('getVersion')['major']).toBe(0);
    expect(text(host.do('handshake', { protocolVersion: 99, epoch: 0, ...HOST_TAKES }))).toContain(
      'speaks protocol 99',
    );
    host.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES });
    expect(text(host.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES }))).toContain(
      'has had one',
    );
    expect(text(host.do('loadModule', { bytes: demo }))).toContain('not initialised');
    expect(text(host.do('destroyRuntime'))).toContain('not initialised');
    host.do('initRuntime', { options: {} });
    expect(text(host.do('initRuntime', { options: { heapSize: 1 } }))).toContain('initialised already');
  });

  it('an init that fails half-way deadlocks or stays half made: it is undone, named, and can be repeated', () => {
    host.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES });
    const tooSmall = host.do('initRuntime', { options: { memAllocType: 'pool', heapSize: 16 } });
    expect(tooSmall.error).toMatchObject({ kind: 'init', name: 'memory' });
    const badNatives = { moduleName: 'env', symbols: [{ symbol: 'f', signature: '(q)', id: 0 }] };
    expect(host.do('initRuntime', { options: { natives: [badNatives] } }).error).toMatchObject({ name: 'natives' });
    expect(host.do('initRuntime', { options: {} }).error).toBeUndefined();
  });

  it('commands repeated or replayed: each sequence number is taken once', () => {
    host.start();
    const packet = host.packet('ping', { a: 1, b: 2, c: 3, d: 4 });
    expect(host.send(packet)['a']).toBe(1);
    expect(text(host.send(packet))).toContain('lost, repeated or replayed');
    host.sequence++;
    expect(text(host.do('getVersion'))).toContain('lost, repeated or replayed');
  });

  it('bytes nobody reads: behind a payload, in padding, behind the packet', () => {
    host.start();
    const padded = host.packet('echo', { bytes: new Uint8Array(3) });
    padded.u8[padded.length - 1] = 1;
    expect(text(host.send(padded))).toContain('padding is not zero');
    host.sequence--;
    const longer = host.packet('getVersion', {});
    longer.length += 8;
    longer.i32[6] = longer.length;
    expect(text(host.send(longer, longer.length))).toContain('unread bytes');
  });

  it('the host is told what must stay inside: the text of an unknown exception is withheld', () => {
    const withheld: unknown[] = [];
    const trusted = realTrusted({
      init: () => {
        throw new Error('key = 12345');
      },
      onWithheld: (error) => withheld.push(error),
    });
    const secret = new Host();
    Object.defineProperty(secret, 'trusted', { value: trusted(() => PacketBuffer.allocate(), false) });
    secret.do('handshake', { protocolVersion: PROTOCOL_VERSION, epoch: 0, ...HOST_TAKES });
    const answer = secret.do('initRuntime', { options: {} });
    expect(answer.error?.kind).toBe('internal');
    expect(JSON.stringify(answer)).not.toContain('12345');
    expect(String(withheld[0])).toContain('12345');
  });
});

describe('weak points of the sample itself', () => {
  const started = () => {
    const enclave = localEnclave();
    enclave.sync.initRuntime({ options: {} });
    return enclave.sync;
  };
  it('lookup, exec env and call are accepted and ignored: here they work', () => {
    const sync = started();
    const { module } = sync.loadModule({ bytes: demo });
    const { instance } = sync.instantiateModule({ module });
    const { execEnv } = sync.createExecEnv({ instance });
    const { function: func } = sync.lookupFunction({ instance, name: 'add' });
    expect(sync.callWasm({ execEnv, function: func!, values: [2, 3] }).values).toEqual([5]);
  });

  it('a guest that fails still exits 0: traps are errors, exit codes are the guest’s own', async () => {
    const sync = started();
    const wat = (body: string) => `(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (func (export "_start") ${body}))`;
    const run = async (body: string) => {
      const { module } = sync.loadModule({ bytes: await assemble(wat(body)) });
      sync.setWasiArgs({ module, options: {} });
      const { instance } = sync.instantiateModule({ module });
      return sync.execAppMain({ instance, argv: ['main'] }).exitCode;
    };
    expect(await run('(call $exit (i32.const 33))')).toBe(33);
    expect(await run('nop')).toBe(0);
    await expect(run('unreachable')).rejects.toThrow('unreachable');
  });

  it('exception texts are cut at 128 bytes: they cross whole', () => {
    const sync = started();
    const { module } = sync.loadModule({ bytes: demo });
    const { instance } = sync.instantiateModule({ module });
    sync.setException({ instance, exception: 'long '.repeat(200) });
    expect(sync.getException({ instance }).exception).toContain('long '.repeat(200));
  });
});

describe('a host that lies in ocalls', () => {
  /** A trusted platform whose untrusted side answers with what `lie` makes of the honest answer's fields. */
  function platformOf(lie: (args: Record<string, unknown>) => object): TrustedPlatform {
    const port = new OcallPort((packet) => {
      const reader = new PacketReader();
      reader.begin(packet);
      const route = [...OCALL_ROUTES.values()].find((one) => one.number === reader.number)!;
      const answer = PacketBuffer.allocate();
      encode(answer, KIND.ocallResult, reader.sequence, route, route.result, lie(decode(reader, route, route.args)));
      return answer;
    });
    return new TrustedPlatform({ platform: nodePlatform(() => {}), clock: 'host', random: 'host' }, port, true);
  }
  it('claims more bytes written, read or random than were asked for: named errors', () => {
    const bytes = new Uint8Array(100);
    expect(() => platformOf(() => ({ written: 101 })).print('stdout', bytes)).toThrow(
      'the untrusted side claims 101 of 100 bytes',
    );
    expect(() => platformOf(() => ({ bytes })).readInput(10)).toThrow('the untrusted side claims 100 of 10 bytes');
    expect(() => platformOf(() => ({ bytes })).platform.randomFill(new Uint8Array(10))).toThrow('gave 100 of 10 bytes');
    const system = (lie: object) =>
      new OcallFileSystem(platformOf((args) => ('grant' in args ? { node: 1 } : lie)).ocalls, 0);
    const file = (lie: object) => {
      let opened = false;
      const files = platformOf((args) => {
        if ('grant' in args) return { node: 1 };
        if (opened) return lie;
        opened = true;
        return { node: 2, type: 'regular-file', seekable: true };
      });
      const how = { read: true, write: true, create: false, exclusive: false, truncate: false, directory: false };
      return new OcallFileSystem(files.ocalls, 0)
        .open()
        .open('x', { ...how, append: false, sync: false, dataSync: false });
    };
    const into = new Uint8Array(10);
    expect(() => (file({ bytes }) as { read: (...a: unknown[]) => number }).read(into, 0, 10, 0)).toThrow(
      'claims 100 of 10',
    );
    expect(() => (file({ written: 11 }) as { write: (...a: unknown[]) => number }).write(into, 0, 10, 0)).toThrow(
      'claims 11 of 10',
    );
    expect(() =>
      system({ names: ['ok', '../etc'] })
        .open()
        .list(),
    ).toThrow('what is no name');
  });
  it('gives more of a datagram than was asked for, or ports that are none: named errors', () => {
    const far = { family: 'ipv4', host: '127.0.0.1', port: 65_536 };
    const socket = (lie: object) => {
      const net = platformOf((args) => ('type' in args ? { socket: 1 } : lie)).platform.network();
      return net.open('ipv4', 'socket-dgram');
    };
    const into = new Uint8Array(10);
    const long = { bytes: new Uint8Array(11), truncated: false };
    expect(() => socket(long).receive(into, 0, 10, false)).toThrow('claims 11 of 10');
    const ours = { bytes: into, truncated: false, from: far };
    expect(() => socket(ours).receiveFrom(into, 0, 10, false)).toThrow('the untrusted side gave port 65536');
    expect(() => socket({ written: 11 }).write(into, 0, 10, 0)).toThrow('claims 11 of 10');
    expect(() => socket({ address: far }).localAddress()).toThrow('the untrusted side gave port 65536');
    expect(() =>
      platformOf(() => ({ addresses: [far] }))
        .platform.network()
        .resolve('x'),
    ).toThrow('gave port 65536');
  });
  it('turns its monotonic clock back: it is held', () => {
    let now = 5_000_000n;
    const { platform } = platformOf(() => ({ nanoseconds: (now -= 1_000_000n) }));
    const first = platform.monotonicNow();
    expect(platform.monotonicNow()).toBe(first);
  });
  it('answers another question, or with another kind of message: refused', () => {
    const port = new OcallPort((packet) => packet);
    expect(() => port.call('log', { level: 'error', text: '' })).toThrow('message kind 4 is no answer');
    const other = new OcallPort((packet) => {
      const copy = PacketBuffer.copyOf(packet.bytes());
      copy.i32[1] = KIND.ocallResult;
      copy.i32[2] = 0;
      return copy;
    });
    expect(() => other.call('log', { level: 'error', text: '' })).toThrow('another question');
    const garbage = new OcallPort(() => PacketBuffer.allocate(64));
    expect(() => garbage.call('log', { level: 'error', text: '' })).toThrow('packet of 0 bytes');
  });
});
