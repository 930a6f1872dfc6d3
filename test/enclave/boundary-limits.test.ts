// Limits at the boundary, each by what it costs: budgets of a pool, sizes of texts and arguments, what ends with a turn, a trusted side that
// floods its host. Packets are made by hand where only a trusted side that was taken over would send them.
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ALLOCATOR_ERROR_KINDS, AllocatorError } from '#src/alloc/allocator-errors.js';
import { InitError } from '#src/embed/init/init-steps.js';
import { COMMAND_ROUTES, decode, encode, OCALL_ROUTES } from '#src/enclave/protocol/codec.js';
import { COMMANDS } from '#src/enclave/protocol/commands.js';
import { EnclaveError } from '#src/enclave/protocol/enclave-errors.js';
import { GuestAddress, GuestBuffer } from '#src/enclave/protocol/fields.js';
import type { OcallName } from '#src/enclave/protocol/ocalls.js';
import { KIND, PacketBuffer, PacketReader } from '#src/enclave/protocol/packet.js';
import type { Connection, OcallHandler, Transport } from '#src/enclave/protocol/transport.js';
import { ERROR_LAYOUT, fromWire, toWire } from '#src/enclave/protocol/wire-errors.js';
import { processTransport } from '#src/enclave/transport/process.js';
import { UntrustedConversation } from '#src/enclave/transport/untrusted-conversation.js';
import { workerTransport } from '#src/enclave/transport/worker.js';
import { OcallFileSystem } from '#src/enclave/trusted/ocall-files.js';
import { OcallPort } from '#src/enclave/trusted/ocall-port.js';
import { Enclave } from '#src/enclave/untrusted/client.js';
import { EnclavePool, type EnclavePoolOptions } from '#src/enclave/untrusted/enclave-pool.js';
import type { Lease } from '#src/enclave/untrusted/lease.js';
import { OcallService } from '#src/enclave/untrusted/ocall-service.js';
import { programOf, takeInput, takeJob, takePluginJob } from '#src/entry/job-options.js';
import type { FileSystem } from '#src/platform/files.js';
import { EnclasmError, Trap } from '#src/wasm/errors.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { assemble } from '../helpers/wat.js';
import { dist, entry, open, SUBJECTS } from '../transports/enclaves.js';
import { timers } from './support.js';

/** Those whose calls take part in budgets in different ways. */
const WAYS = SUBJECTS.filter(({ name }) => ['same-thread', 'worker', 'worker by messages', 'process'].includes(name));

const GUEST = `(module
  (memory (export "memory") 1)
  (global $left (mut i32) (i32.const 0))
  (func $turn (param i32) (loop $again
    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    (br_if $again (local.get 0))))
  (func (export "work_then_trap") (call $turn (i32.const 20000)) unreachable)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "spin") (loop $again (br $again)))
  (func (export "malloc") (param i32) (result i32) (loop $again (br $again)) (i32.const 0))
  (func (export "free") (param i32)))`;
const ENDLESS_START = '(module (func $start (loop $again (br $again))) (start $start))';

let guest: Uint8Array;
let endlessStart: Uint8Array;
beforeAll(async () => {
  guest = await assemble(GUEST);
  endlessStart = await assemble(ENDLESS_START);
});
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});
function pool(options: Partial<EnclavePoolOptions> & Pick<EnclavePoolOptions, 'create'>): EnclavePool {
  const made = new EnclavePool({
    size: 1,
    spares: 0,
    timers,
    takeInput,
    takeJob,
    takePluginJob,
    program: programOf,
    ...options,
  });
  closing.push(made);
  return made;
}
async function instance(enclave: Lease) {
  const { module } = await enclave.loadModule({ bytes: guest });
  return (await enclave.instantiateModule({ module })).instance;
}
const run = async (enclave: Lease, name: string, argv: string[] = []) =>
  (await enclave.execAppFunc({ instance: await instance(enclave), name, argv })).results;

describe.each(WAYS)('budgets of a pool over $name', (subject) => {
  const budgeted = (budget: object, size = 1) => pool({ create: () => open(subject), budget, size });

  it('calls that end in a trap are charged: work is refused when the budget is used up', async () => {
    const p = budgeted({ fuel: 1_000_000 });
    let traps = 0;
    const attempt = () => p.run('a', (enclave) => run(enclave, 'work_then_trap'));
    for (let k = 0; k < 40; k++) {
      const error = await attempt().catch((thrown: unknown) => thrown);
      if (error instanceof Trap) traps++;
    }
    const { fuel } = p.usages.get('a')!;
    expect(fuel).toBe(1_000_000);
    expect(traps).toBeGreaterThan(5);
    expect(traps).toBeLessThan(20);
    await expect(attempt()).rejects.toMatchObject({ limit: 'fuel', value: 1_000_000 });
  });

  it('start functions and the guest’s own malloc run under the budget, of fuel and of time', async () => {
    const start = async (enclave: Lease) => {
      const { module } = await enclave.loadModule({ bytes: endlessStart });
      return enclave.instantiateModule({ module });
    };
    const malloc = async (enclave: Lease) => enclave.moduleMalloc({ instance: await instance(enclave), size: 8 });
    for (const work of [start, malloc] as readonly ((enclave: Lease) => Promise<unknown>)[]) {
      const fuel = budgeted({ fuel: 1_000_000 });
      await expect(fuel.run('a', work)).rejects.toMatchObject({ limit: 'fuel' });
      expect(fuel.usages.get('a')!.fuel).toBe(1_000_000);
      const time = budgeted({ timeMs: 500 });
      await expect(time.run('a', work)).rejects.toMatchObject({ limit: 'timeoutMs' });
      expect(await time.run('b', (enclave) => run(enclave, 'add', ['1', '2']))).toEqual(['0x3:i32']);
    }
  });

  it('calls at once share what is left', async () => {
    const p = budgeted({ fuel: 3_000_000 }, 3);
    const spins = Array.from({ length: 3 }, () => p.run('a', (enclave) => run(enclave, 'spin')));
    for (const result of await Promise.allSettled(spins)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { limit: 'fuel' } });
    }
    expect(p.usages.get('a')!.fuel).toBeLessThanOrEqual(3_000_000);
    const one = budgeted({ fuel: 3_000_000 });
    const both = await one.run('a', async (enclave) => {
      const made = await instance(enclave);
      const call = () => enclave.execAppFunc({ instance: made, name: 'add', argv: ['1', '2'] });
      return Promise.all([call(), call(), call()]);
    });
    expect(both.map(({ results }) => results[0])).toEqual(['0x3:i32', '0x3:i32', '0x3:i32']);
  });

  it('a call whose enclave is ended is charged what was reserved', async () => {
    let enclave: Enclave | undefined;
    const p = pool({ create: async () => (enclave = await open(subject)), budget: { fuel: 10_000_000_000 } });
    const work = p.run('a', async (lease) => {
      const made = await instance(lease);
      setTimeout(() => void enclave!.close(), 100);
      await lease.execAppFunc({ instance: made, name: 'spin', argv: [], limits: { fuel: 6_000_000_000 } });
    });
    await expect(work).rejects.toBeInstanceOf(EnclasmError);
    const { fuel } = p.usages.get('a')!;
    expect(fuel).toBeGreaterThan(0);
    expect(fuel).toBeLessThan(6_100_000_000);
    if (subject.name !== 'same-thread') expect(fuel).toBeGreaterThan(5_900_000_000);
  });
});

describe('the table', () => {
  it('a row that may run a guest has limits and usage', () => {
    for (const [name, row] of Object.entries(COMMANDS)) {
      if (!('runsGuest' in row)) continue;
      expect([name, 'limits' in row.args, 'usage' in row.result]).toEqual([name, true, true]);
    }
  });
});

/** The number of a function, and its name of `bytes` bytes, as a name section. */
function withName(module: Uint8Array, bytes: number): Uint8Array {
  const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  const head = [1, 0, ...leb(bytes)];
  const names = [1, ...leb(head.length + bytes), ...head];
  const title = [4, ...new TextEncoder().encode('name')];
  const section = [0, ...leb(title.length + names.length + bytes), ...title, ...names];
  return Buffer.concat([module, new Uint8Array(section), Buffer.alloc(bytes, 'n')]);
}

describe.each(SUBJECTS)('sizes over $name', (subject) => {
  it('one name of 4 MB costs nothing and loses no enclave', async () => {
    const recursion = await assemble('(module (func (call 0)) (func (export "f") (call 0)))');
    const enclave = await open(subject);
    closing.push(enclave);
    await enclave.initRuntime();
    const { module } = await enclave.loadModule({ bytes: withName(recursion, 4_000_000), name: 'm'.repeat(1_000_000) });
    const { instance: made } = await enclave.instantiateModule({ module });
    const call = () => enclave.execAppFunc({ instance: made, name: 'f', argv: [] });
    await call().catch(() => {});
    const before = process.memoryUsage().rss;
    const error = (await call().catch((thrown: unknown) => thrown)) as Trap;
    expect(error).toBeInstanceOf(Trap);
    expect(error.frames.length).toBeGreaterThan(0);
    for (const { functionName, moduleName } of error.frames) {
      expect(functionName.length).toBeLessThanOrEqual(1_024);
      expect(moduleName.length).toBeLessThanOrEqual(1_024);
    }
    expect(error.frames[0]!.functionName).toMatch(/^nnnnnnnn/);
    if (subject.name !== 'same-thread') expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    expect(await enclave.ping({ a: 1, b: 2, c: 3, d: 4 })).toEqual({ a: 1, b: 2, c: 3, d: 4 });
  });

  it('arguments of a native that are larger than the host takes are refused inside', async () => {
    if (!subject.waits) return;
    const enclave = await open(subject, { maxNativeBytes: 1_000_000 });
    closing.push(enclave);
    const lengths: number[] = [];
    const take = (_: unknown, bytes: Uint8Array) => void lengths.push(bytes.length);
    const natives = enclave.natives('env', [{ symbol: 'take', signature: '(*~)', func: take as never }]);
    await enclave.initRuntime({ options: { natives: [natives] } });
    const wat = `(module (import "env" "take" (func $take (param i32 i32))) (memory 600)
      (func (export "f") (param i32) (call $take (i32.const 0) (local.get 0))))`;
    const { module } = await enclave.loadModule({ bytes: await assemble(wat) });
    const { instance: made } = await enclave.instantiateModule({ module });
    const call = (length: number) => enclave.execAppFunc({ instance: made, name: 'f', argv: [String(length)] });
    await expect(call(30_000_000)).rejects.toThrow(
      "native 'env.take': arguments of 30000000 bytes, and the host takes 1000000",
    );
    await call(1_000_000);
    expect(lengths).toEqual([1_000_000]);
  });

  it('errors of the initialisation are themselves', async () => {
    const enclave = await open(subject);
    closing.push(enclave);
    const error = await enclave
      .initRuntime({ options: { memAllocType: 'pool', heapSize: 16 } })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(InitError);
    expect(error).toMatchObject({ step: 'memory' });
    await enclave.initRuntime();
  });
});

it('an answer larger than the host takes is an error of its command', async () => {
  const limited = processTransport({ entry, codeFolder: dist, maxPacketBytes: 1 << 20 });
  const enclave = await Enclave.create({ transport: limited, timers });
  closing.push(enclave);
  await enclave.initRuntime();
  const { module } = await enclave.loadModule({ bytes: await assemble('(module (memory (export "memory") 40))') });
  const { instance: made } = await enclave.instantiateModule({ module });
  const read = (length: number) => enclave.readMemory({ instance: made, address: 0, length });
  await expect(read(2_000_000)).rejects.toThrow('READ_MEMORY: an answer of');
  expect((await read(1_000_000)).bytes.length).toBe(1_000_000);
});

it('names of any length make a small packet, and are cut where they are written', () => {
  const name = 'ä'.repeat(4_000_000);
  const frame = { functionIndex: 0, functionName: name, moduleName: name, offset: 0 };
  const route = COMMAND_ROUTES.get('ping')!;
  const packet = PacketBuffer.allocate();
  const error = toWire(new Trap('custom', new Array(100).fill(frame), name));
  const spent = startProcessorTime();
  expect(encode(packet, KIND.error, 1, route, ERROR_LAYOUT, { error })).toBeLessThan(500_000);
  const reader = new PacketReader();
  reader.begin(packet);
  const { frames, message } = (decode(reader, route, ERROR_LAYOUT) as { error: typeof error }).error;
  expect(frames.length).toBe(64);
  for (const cut of frames) expect(cut.functionName).toBe(`${'ä'.repeat(1_021)}...`);
  expect(message.length).toBeLessThanOrEqual(16_384);
  expect(spent()).toBeLessThan(1_000);
});

it('errors of allocators cross as themselves', () => {
  for (const kind of ALLOCATOR_ERROR_KINDS) {
    const error = fromWire(toWire(new AllocatorError(kind, 'why')));
    expect(error).toBeInstanceOf(AllocatorError);
    expect(error).toBeInstanceOf(EnclasmError);
    expect(error).toMatchObject({ kind, message: 'why' });
  }
});

/** What the host answers to a packet of a trusted side. */
async function ask(handler: OcallHandler, name: OcallName, args: object): Promise<Record<string, unknown>> {
  const route = OCALL_ROUTES.get(name)!;
  const packet = PacketBuffer.allocate();
  encode(packet, KIND.ocall, 1, route, route.args, args);
  const reader = new PacketReader();
  reader.begin(await handler(packet));
  return decode(reader, route, reader.kind === KIND.ocallError ? ERROR_LAYOUT : route.result);
}
/** A transport that shows what it was opened with. */
function watched(transport: Transport): { transport: Transport; handler(): OcallHandler; connection(): Connection } {
  let handler: OcallHandler;
  let connection: Connection;
  const opening = (ocall: OcallHandler, failed?: () => void) => {
    handler = ocall;
    return (connection = transport.open(ocall, failed));
  };
  return { transport: { ...transport, open: opening }, handler: () => handler, connection: () => connection };
}
/** Directories of as many names as wanted; counts how often one is listed and how many are open. */
function countingFiles(names: number) {
  const counts = { lists: 0, open: 0 };
  const directory = (): object => ({
    type: 'directory',
    close: () => counts.open--,
    list: () => {
      counts.lists++;
      const entry = { inode: 1n, type: 'regular-file' };
      return { names: Array.from({ length: names }, (_, k) => `file${k}`), entry: () => entry };
    },
  });
  const open = () => {
    counts.open++;
    return directory();
  };
  return { counts, system: { open } as unknown as FileSystem };
}

describe('grants', () => {
  it('end with the turn: natives and files of one tenant are refused in the next one’s', async () => {
    const { counts, system } = countingFiles(1);
    const spy = watched(SUBJECTS[0]!.transport());
    const p = pool({ create: () => Enclave.create({ transport: spy.transport, timers, grants: [system] }) });
    const calls: string[] = [];
    const native = (tenant: string) => [{ symbol: 'f', signature: '()', func: () => void calls.push(tenant) }];
    const first = await p.run('a', async (enclave) => {
      const { symbols } = enclave.natives('env', native('a'));
      const { node } = await ask(spy.handler(), 'openGrant', { grant: 0 });
      await ask(spy.handler(), 'callNative', { id: symbols[0]!.id, instance: 0, values: [] });
      return { id: symbols[0]!.id, node, enclave };
    });
    expect(calls).toEqual(['a']);
    await p.run('b', async (enclave) => {
      const { symbols } = enclave.natives('env', native('b'));
      expect(symbols[0]!.id).toBeGreaterThan(first.id);
      expect(counts.open).toBe(0);
      const called = await ask(spy.handler(), 'callNative', { id: first.id, instance: 0, values: [] });
      expect(called).toMatchObject({ error: { message: expect.stringContaining('belongs to a turn that has ended') } });
      const stat = await ask(spy.handler(), 'listDirectory', { node: first.node });
      expect(stat).toMatchObject({ error: { message: 'EBADF' } });
      expect(() => first.enclave.natives('env', native('a'))).toThrow('has ended');
    });
    expect(calls).toEqual(['a']);
  });

  it('files of an enclave that failed are closed at once', async () => {
    const { counts, system } = countingFiles(1);
    for (const subject of WAYS) {
      const spy = watched(subject.transport());
      const enclave = await Enclave.create({ transport: spy.transport, timers, grants: [system] });
      closing.push(enclave);
      await ask(spy.handler(), 'openGrant', { grant: 0 });
      expect(counts.open).toBe(1);
      spy.connection().fail(new EnclaveError('killed', 'by the test'));
      expect([counts.open, enclave.openNodes]).toEqual([0, 0]);
    }
  });
});

describe('a trusted side that was taken over', () => {
  it('calls natives with what their signature does not have: refused before the function sees it', async () => {
    const service = new OcallService({}, 1 << 20);
    const handler: OcallHandler = (packet) => service.handle(packet);
    let called = 0;
    const define = (signature?: string) =>
      service.natives.define('env', [{ symbol: 'f', ...(signature && { signature }), func: () => void called++ }])
        .symbols[0]!.id;
    const call = async (id: number, values: unknown[]) =>
      (await ask(handler, 'callNative', { id, instance: 0, values }))['error'];
    const buffer = new GuestBuffer(new Uint8Array(4));
    const right: [string | undefined, unknown[]][] = [
      ['(iif)i', [1, -1, 0.5]],
      ['(IFV)', [5n, 0.1, new Uint8Array(16)]],
      ['(*~$*r)', [buffer, 'text', new GuestAddress(8), null]],
      ['($*)', [null, null]],
      [undefined, [1, 5n, null]],
    ];
    for (const [signature, values] of right) expect(await call(define(signature), values)).toBeUndefined();
    expect(called).toBe(right.length);
    const wrong: [string | undefined, unknown[]][] = [
      ['(iif)i', ['text', 1, Number.POSITIVE_INFINITY]],
      ['(iif)i', [1, 1]],
      ['(iif)i', [1, 1, 1, 1]],
      ['(i)', [0.5]],
      ['(i)', [2 ** 31]],
      ['(i)', [5n]],
      ['(f)', [0.1]],
      ['(I)', [1]],
      ['(V)', [1]],
      ['(*)', [8]],
      ['(*)', [buffer]],
      ['(*~)', [new GuestAddress(8)]],
      ['($)', [buffer]],
      ['(r)', ['text']],
      [undefined, ['text']],
      [undefined, [buffer]],
    ];
    for (const [signature, values] of wrong) {
      expect(await call(define(signature), values)).toMatchObject({ message: expect.stringContaining("native 'f':") });
    }
    expect(called).toBe(right.length);
    expect(await call(define('(*~)'), [new GuestBuffer(new Uint8Array(2 << 20))])).toMatchObject({ kind: 'protocol' });
  });

  it('asks without reading the answers: they do not pile up, and the deadline holds', async () => {
    const route = OCALL_ROUTES.get('random')!;
    const packet = PacketBuffer.allocate();
    encode(packet, KIND.ocall, 1, route, route.args, { length: 65_536 });
    const framed = Buffer.concat([Buffer.from([packet.length, 0, 0, 0]), packet.bytes()]).toString('base64');
    const child = `const one = Buffer.from('${framed}', 'base64'); const many = Buffer.concat(Array(20000).fill(one));
      process.stdin.once('data', () => { process.stdin.pause(); process.stdout.write(many); }); setInterval(() => {}, 1000);`;
    let answered = 0;
    const transport = processTransport({ entry, codeFolder: dist, launcher: [process.execPath, '-e', child] });
    const random = () => void answered++;
    const created = Enclave.create({ transport, timers, random }, { timeoutMs: 3_000 });
    await expect(created).rejects.toMatchObject({ name: 'EnclaveError', failure: 'timeout' });
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(200);
  });

  it.each([
    ['throws null', 'throw null', 'exit'],
    [
      'posts 2 GiB',
      `import { workerData } from 'node:worker_threads'; const buffer = new ArrayBuffer(2 ** 31);
       workerData.port.postMessage({ buffer, length: 8 }, [buffer]); setInterval(() => {}, 1000)`,
      'protocol',
    ],
  ])('a worker that %s is a named error of the enclave', async (_, code, failure) => {
    const transport = workerTransport({ entry: new URL(`data:text/javascript,${encodeURIComponent(code)}`) });
    await expect(Enclave.create({ transport, timers }, { timeoutMs: 20_000 })).rejects.toMatchObject({ failure });
  });

  it('asks without end during a sync call: its deadline holds', () => {
    let now = 0;
    const ping = COMMAND_ROUTES.get('ping')!;
    const receive = (into: PacketBuffer) => {
      now += 10;
      encode(into, KIND.ocall, 1, OCALL_ROUTES.get('fileSize')!, OCALL_ROUTES.get('fileSize')!.args, { node: 1 });
      return true;
    };
    const none = () => {};
    const wire = { send: none, sendSync: none, abort: none, receive, now: () => now };
    const conversation = new UntrustedConversation(wire, () => PacketBuffer.allocate());
    const packet = PacketBuffer.allocate();
    encode(packet, KIND.ecall, 0, ping, ping.args, { a: 1, b: 2, c: 3, d: 4 });
    const call = () => conversation.callSync(packet, PacketBuffer.allocate(), 500);
    expect(call).toThrow(expect.objectContaining({ failure: 'timeout' }));
    expect(now).toBeLessThan(600);
  });
});

it('10,000 names of a directory cost one listing of it', () => {
  const { counts, system } = countingFiles(10_000);
  const service = new OcallService({ grants: [system] }, 1 << 20);
  const port = new OcallPort((packet) => service.handle(packet) as PacketBuffer);
  const listing = new OcallFileSystem(port, 0).open().list();
  for (const name of listing.names) expect(listing.entry(name)).toMatchObject({ inode: 1n });
  expect(listing.names.length).toBe(10_000);
  expect(counts.lists).toBe(1);
});
