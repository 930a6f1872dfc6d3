// A guest's sockets in an enclave, over every transport that can wait: real TCP and UDP on loopback, and what each side denies by itself.
import { networkInterfaces } from 'node:os';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Handle } from '#src/enclave/protocol/fields.js';
import type { Enclave } from '#src/enclave/untrusted/client.js';
import { formatIp, parseIp } from '#src/imports/wasi/ip.js';
import { NetworkGrant, type NetworkOptions } from '#src/imports/wasi/network-grants.js';
import { ERRNO_NAMES } from '#src/platform/errno.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { LimitError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { open, SUBJECTS } from './enclaves.js';

const LOOPBACK: NetworkOptions = { addressPool: ['127.0.0.1/32', '::1/128'], allowResolve: ['localhost'] };
const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === '::1'));
const HOSTS = HAS_IPV6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
const STREAM = 1;
const DATAGRAM = 0;

/** Calls and how many i32 they take; each is exported as it is. */
const CALLS = {
  sock_open: 4,
  sock_close: 1,
  sock_bind: 2,
  sock_listen: 2,
  sock_connect: 2,
  sock_accept: 3,
  sock_addr_local: 2,
  sock_addr_remote: 2,
  sock_send: 5,
  sock_recv: 6,
  sock_send_to: 6,
  sock_recv_from: 6,
  sock_shutdown: 2,
  sock_addr_resolve: 6,
  sock_set_tcp_no_delay: 2,
  sock_get_tcp_no_delay: 2,
  poll_oneoff: 4,
} as const;
type CallName = keyof typeof CALLS;

function relay(): string {
  const imports: string[] = [];
  const exports: string[] = [];
  for (const [name, count] of Object.entries(CALLS)) {
    const params = `(param${' i32'.repeat(count)})`;
    imports.push(`(import "wasi_snapshot_preview1" "${name}" (func $${name} ${params} (result i32)))`);
    const gets = Array.from({ length: count }, (_, k) => `local.get ${k}`).join(' ');
    exports.push(`(func (export "${name}") ${params} (result i32) ${gets} call $${name})`);
  }
  return `(module ${imports.join('\n')} (memory (export "memory") 4) ${exports.join('\n')})`;
}

/** A guest whose calls the test makes, one by one. */
class Guest {
  readonly enclave: Enclave;
  readonly #on: { readonly instance: Handle<'instance'>; readonly execEnv: Handle<'execEnv'> };
  readonly #functions = new Map<string, Handle<'function'>>();
  #top = 1_024;
  constructor(enclave: Enclave, instance: Handle<'instance'>, execEnv: Handle<'execEnv'>) {
    this.enclave = enclave;
    this.#on = { instance, execEnv };
  }
  place(bytes: number): number {
    const at = this.#top;
    this.#top += (bytes + 7) & ~7;
    return at;
  }
  async put(bytes: Uint8Array): Promise<number> {
    const address = this.place(bytes.length);
    await this.enclave.writeMemory({ instance: this.#on.instance, address, bytes });
    return address;
  }
  async get(address: number, length: number): Promise<Uint8Array> {
    return (await this.enclave.readMemory({ instance: this.#on.instance, address, length })).bytes;
  }
  async u32(address: number): Promise<number> {
    const bytes = await this.get(address, 4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }
  call(name: CallName, ...values: number[]): Promise<string> {
    return this.within(10_000, name, ...values);
  }
  async within(timeoutMs: number, name: CallName, ...values: number[]): Promise<string> {
    let func = this.#functions.get(name);
    if (!func) {
      func = (await this.enclave.lookupFunction({ instance: this.#on.instance, name })).function!;
      this.#functions.set(name, func);
    }
    const padded = [...values, ...new Array(CALLS[name] - values.length).fill(0)];
    const answer = await this.enclave.callWasm(
      { execEnv: this.#on.execEnv, function: func, values: padded },
      { timeoutMs },
    );
    return ERRNO_NAMES[answer.values[0] as number]!;
  }
  async ok(name: CallName, ...values: number[]): Promise<void> {
    expect([name, await this.call(name, ...values)]).toEqual([name, 'ESUCCESS']);
  }

  address(host: string, port: number): Promise<number> {
    const ip = parseIp(host)!;
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    const swap = ip.length === 16 ? 1 : 0;
    view.setUint32(0, swap, true);
    ip.forEach((byte, i) => {
      bytes[4 + (i ^ swap)] = byte;
    });
    view.setUint16(4 + ip.length, port, true);
    return this.put(bytes);
  }
  async port(address: number): Promise<number> {
    const bytes = await this.get(address, 24);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint16(bytes[0] === 1 ? 20 : 8, true);
  }
  async socket(host: string, type: number): Promise<number> {
    const result = this.place(4);
    await this.ok('sock_open', 0, host.includes(':') ? 1 : 0, type, result);
    return this.u32(result);
  }
  async localPort(fd: number): Promise<number> {
    const at = this.place(24);
    await this.ok('sock_addr_local', fd, at);
    return this.port(at);
  }
  async iovec(text: string | number): Promise<[number, number]> {
    const bytes = typeof text === 'number' ? undefined : new TextEncoder().encode(text);
    const at = bytes ? await this.put(bytes) : this.place(text as number);
    const pair = new Uint32Array([at, bytes ? bytes.length : (text as number)]);
    return [await this.put(new Uint8Array(pair.buffer)), 1];
  }
  async send(fd: number, text: string): Promise<string> {
    return this.call('sock_send', fd, ...(await this.iovec(text)), 0, this.place(4));
  }
  async receive(fd: number, length = 64): Promise<string> {
    const iovec = await this.iovec(length);
    const count = this.place(4);
    const errno = await this.call('sock_recv', fd, ...iovec, 0, count, this.place(4));
    if (errno !== 'ESUCCESS') return errno;
    const at = await this.u32(iovec[0]);
    return new TextDecoder().decode(await this.get(at, await this.u32(count)));
  }
  async listen(host: string): Promise<{ fd: number; port: number }> {
    const fd = await this.socket(host, STREAM);
    await this.ok('sock_bind', fd, await this.address(host, 0));
    await this.ok('sock_listen', fd, 5);
    return { fd, port: await this.localPort(fd) };
  }
}

let module_: Uint8Array;
beforeAll(async () => {
  module_ = await assemble(relay());
});

describe.each(SUBJECTS.filter((subject) => subject.waits))('sockets over $name', (subject) => {
  const enclaves: Enclave[] = [];
  afterEach(async () => {
    for (const enclave of enclaves.splice(0)) await enclave.close();
  });

  /** @param granted by the host; `asked` by SET_WASI_ARGS, as the trusted side checks it */
  async function guest(granted: NetworkOptions | undefined, asked: NetworkOptions = granted ?? {}): Promise<Guest> {
    const network = granted && { network: new NetworkGrant(granted, nodePlatform()) };
    const enclave = await open(subject, { ...network });
    enclaves.push(enclave);
    await enclave.initRuntime({ options: {} });
    const { module } = await enclave.loadModule({ bytes: module_ });
    await enclave.setWasiArgs({ module, options: { ...asked } });
    const { instance } = await enclave.instantiateModule({ module, options: { mode: 'interp' } });
    const { execEnv } = await enclave.createExecEnv({ instance });
    return new Guest(enclave, instance, execEnv);
  }

  it.each(HOSTS)('TCP on %s: listen, connect, both ways, half-close, addresses', async (host) => {
    const g = await guest(LOOPBACK);
    const { fd: listener, port } = await g.listen(host);
    expect(port).toBeGreaterThan(0);
    const here = await g.socket(host, STREAM);
    await g.ok('sock_set_tcp_no_delay', here, 1);
    await g.ok('sock_connect', here, await g.address(host, port));
    const result = g.place(4);
    await g.ok('sock_accept', listener, 0, result);
    const there = await g.u32(result);
    expect(await g.send(here, 'hello')).toBe('ESUCCESS');
    expect(await g.receive(there, 3)).toBe('hel');
    expect(await g.receive(there)).toBe('lo');
    expect(await g.send(there, 'and back')).toBe('ESUCCESS');
    expect(await g.receive(here)).toBe('and back');
    const remote = g.place(24);
    await g.ok('sock_addr_remote', here, remote);
    expect(await g.port(remote)).toBe(port);
    await g.ok('sock_shutdown', here, 2);
    expect(await g.receive(there)).toBe('');
    expect(await g.send(here, 'late')).toBe('EPIPE');
    expect(g.enclave.openSockets).toBe(3);
    await g.ok('sock_close', here);
    expect(await g.call('sock_close', here)).toBe('EBADF');
    await g.enclave.destroyRuntime();
    expect(g.enclave.openSockets).toBe(0);
  });

  it.each(HOSTS)('UDP on %s: datagrams with their senders, cut to the buffer', async (host) => {
    const g = await guest(LOOPBACK);
    const [here, there] = [await g.socket(host, DATAGRAM), await g.socket(host, DATAGRAM)];
    for (const fd of [here, there]) await g.ok('sock_bind', fd, await g.address(host, 0));
    const to = await g.address(host, await g.localPort(there));
    await g.ok('sock_send_to', here, ...(await g.iovec('one gram')), 0, to, g.place(4));
    const [iovec, count, from] = [await g.iovec(4), g.place(4), g.place(24)];
    await g.ok('sock_recv_from', there, ...iovec, 0, from, count);
    expect(await g.u32(count)).toBe(4);
    expect(await g.port(from)).toBe(await g.localPort(here));
  });

  it('names are looked up where the list has them', async () => {
    const g = await guest(LOOPBACK);
    const text = (name: string) => g.put(new TextEncoder().encode(`${name}\0`));
    const [infos, count] = [g.place(28 * 8), g.place(4)];
    const resolve = async (name: string) =>
      g.call('sock_addr_resolve', await text(name), await text('http'), g.place(12), infos, 8, count);
    expect(await resolve('localhost')).toBe('ESUCCESS');
    expect(await g.u32(count)).toBeGreaterThan(0);
    const info = await g.get(infos, 24);
    const ip = formatIp(info.slice(4, info[0] === 1 ? 20 : 8));
    expect(['127.0.0.1', formatIp(parseIp('::1')!)]).toContain(info[0] === 1 ? formatIp(parseIp('::1')!) : ip);
    expect(await resolve('example.org')).toBe('EACCES');
  });

  it('nothing is granted unless both sides grant it', async () => {
    const none = await guest(undefined);
    expect(await none.call('sock_open', 0, 0, STREAM, none.place(4))).toBe('EACCES');
    // The trusted side would; the host, which a taken-over trusted side cannot persuade, does not.
    const host = await guest(undefined, LOOPBACK);
    expect(await host.call('sock_open', 0, 0, STREAM, host.place(4))).toBe('EACCES');
    const narrow = await guest({ addressPool: ['127.0.0.2'] }, { addressPool: ['127.0.0.0/8'] });
    const fd = await narrow.socket('127.0.0.1', STREAM);
    expect(await narrow.call('sock_bind', fd, await narrow.address('127.0.0.1', 0))).toBe('EACCES');
    expect(await narrow.call('sock_connect', fd, await narrow.address('127.0.0.1', 9))).toBe('EACCES');
    const datagram = await narrow.socket('127.0.0.1', DATAGRAM);
    const to = await narrow.address('127.0.0.1', 9);
    expect(await narrow.call('sock_send_to', datagram, ...(await narrow.iovec('x')), 0, to, narrow.place(4))).toBe(
      'EACCES',
    );
    // The host would; the trusted side was told less.
    const inner = await guest({ addressPool: ['127.0.0.0/8'] }, { addressPool: ['127.0.0.2'] });
    const one = await inner.socket('127.0.0.1', STREAM);
    expect(await inner.call('sock_connect', one, await inner.address('127.0.0.1', 9))).toBe('EACCES');
    expect(await inner.call('sock_listen', one, 1)).toBe('EACCES');
  });

  it('nobody there is ECONNREFUSED; a pool that cannot be read is refused by name', async () => {
    const g = await guest(LOOPBACK);
    const fd = await g.socket('127.0.0.1', STREAM);
    expect(await g.call('sock_connect', fd, await g.address('127.0.0.1', 1))).toBe('ECONNREFUSED');
    await expect(guest(LOOPBACK, { addressPool: ['here'] })).rejects.toThrow("addressPool: 'here'");
  });

  it('a guest that waits for ever is ended by its deadline', async () => {
    const g = await guest(LOOPBACK);
    const { fd } = await g.listen('127.0.0.1');
    await expect(g.within(300, 'sock_accept', fd, 0, g.place(4))).rejects.toBeInstanceOf(LimitError);
    expect((await g.enclave.getVersion()).major).toBe(0);
  });
});
