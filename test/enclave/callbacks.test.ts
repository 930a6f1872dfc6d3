// A host that sends commands before it answers an ocall: the guest may run then, and its memory may move. What the answer brings goes
// to where the memory is afterwards, never to where it was, which may be another instance's by then.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Handle } from '#src/enclave/protocol/fields.js';
import { type InitRuntime, runtimeInitialiser } from '#src/enclave/trusted/init-runtime.js';

import type { Enclave } from '#src/enclave/untrusted/client.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import type { FileSystem, OpenDirectory, OpenFile, OpenHow } from '#src/platform/files.js';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import { assemble } from '../helpers/wat.js';
import { localEnclave } from './support.js';

const PAGE = 65_536;
/** Where the guest wants what it asks for. */
const AT = 4_096;
const TEXT = 'what the host had to say';

let wasm: Uint8Array;
beforeAll(async () => {
  wasm = await assemble(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
    (memory (export "memory") 1 64)
    (data (i32.const 0) "f")
    (data (i32.const 16) "\\00\\10\\00\\00\\40\\00\\00\\00")
    (func (export "open") (result i32)
      (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
    (func (export "read") (result i32) (call $read (i32.const 4) (i32.const 16) (i32.const 1) (i32.const 32)))
    (func (export "list") (result i32)
      (call $list (i32.const 3) (i32.const ${AT}) (i32.const 256) (i64.const 2) (i32.const 32)))
    (func (export "random") (result i32) (call $random (i32.const ${AT}) (i32.const 64)))
    (func (export "time") (result i32) (call $time (i32.const 0) (i64.const 0) (i32.const ${AT})))
    (func (export "grow") (result i32) (memory.grow (i32.const 8))))`);
});

class Scene {
  readonly enclave: Enclave;
  readonly instance: Handle<'instance'>;
  readonly #module: Handle<'module'>;
  /** Which ocall the host uses; undefined: none now. */
  trap: string | undefined;
  tenant: Handle<'instance'> | undefined;
  moved = false;

  constructor() {
    const memory = new MemoryFileSystem({ f: TEXT });
    const files: FileSystem = { open: (clock) => this.#watched(memory.open(clock)) };
    const random = (bytes: Uint8Array) => {
      bytes.fill(7);
      this.#spring('random');
    };
    const now = () => {
      this.#spring('time');
      return 0x1_2a05_f200n;
    };
    const clock = { realtime: now, monotonic: () => 0n };
    this.enclave = localEnclave({ grants: [files], random, clock, log: () => {} }, { clock: 'host', random: 'host' });
    const { sync } = this.enclave;
    sync.initRuntime({ options: { memAllocType: 'pool', heapSize: 64 * PAGE } });
    this.#module = sync.loadModule({ bytes: wasm }).module;
    const preopens = [{ guestPath: '/', grant: 0, readOnly: false }];
    sync.setWasiArgs({ module: this.#module, options: { preopens } });
    this.instance = this.#instantiate();
    // So that the first one's memory cannot grow where it is.
    this.#instantiate();
  }
  #instantiate(): Handle<'instance'> {
    return this.enclave.sync.instantiateModule({ module: this.#module, options: { mode: 'interp' } }).instance;
  }
  call(name: string): readonly string[] {
    return this.enclave.sync.execAppFunc({ instance: this.instance, name, argv: [] }).results;
  }
  bytes(instance: Handle<'instance'>, length: number): Uint8Array {
    return this.enclave.sync.readMemory({ instance, address: AT, length }).bytes;
  }
  /** Grows the memory, and gives its old place to another instance. */
  #spring(trap: string): void {
    if (this.trap !== trap) return;
    this.trap = undefined;
    this.call('grow');
    this.tenant = this.#instantiate();
    this.moved = true;
  }
  #watched(directory: OpenDirectory): OpenDirectory {
    const open = directory.open.bind(directory);
    const list = directory.list.bind(directory);
    return Object.assign(directory, {
      open: (name: string, how: OpenHow) => {
        const file = open(name, how) as OpenFile;
        const read = file.read.bind(file);
        return Object.assign(file, {
          read: (into: Uint8Array, offset: number, length: number, position: number) => {
            const count = read(into, offset, length, position);
            this.#spring('read');
            return count;
          },
        });
      },
      list: () => {
        const listing = list();
        return {
          names: listing.names,
          entry: (name: string) => {
            this.#spring('list');
            return listing.entry(name);
          },
        };
      },
    });
  }
}

describe('a host that lets the guest grow in the middle of an ocall', () => {
  const text = new TextEncoder();
  it.each([
    ['read', text.encode(TEXT)],
    ['list', new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0])],
    ['random', new Uint8Array(64).fill(7)],
    ['time', new Uint8Array([0x00, 0xf2, 0x05, 0x2a, 1, 0, 0, 0])],
  ] as const)('%s: the answer reaches the memory where it is now', (name, expected) => {
    const scene = new Scene();
    expect(scene.call('open')).toEqual(['0x0:i32']);
    scene.trap = name;
    expect(scene.call(name)).toEqual(['0x0:i32']);
    expect(scene.moved).toBe(true);
    expect([...scene.bytes(scene.instance, expected.length)]).toEqual([...expected]);
    expect(scene.bytes(scene.tenant!, 256).every((byte) => byte === 0)).toBe(true);
    const { report } = scene.enclave.sync.destroyRuntime();
    expect(report.leakedBytes).toBe(0);
  });
});

it('an async READ_MEMORY says what was there when its turn came', async () => {
  const { enclave, instance } = new Scene();
  const write = (byte: number) => enclave.writeMemory({ instance, address: AT, bytes: new Uint8Array(8).fill(byte) });
  const read = () => enclave.readMemory({ instance, address: AT, length: 8 });
  const [, first, , second] = await Promise.all([write(1), read(), write(2), read()]);
  expect([...first.bytes]).toEqual(new Array(8).fill(1));
  expect([...second.bytes]).toEqual(new Array(8).fill(2));
  await enclave.close();
});

describe('a host that sends commands before it answers an ocall', () => {
  /** What `command` threw, if it did. */
  const refusal = (command: () => unknown): string => {
    try {
      command();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  it('cannot initialise a runtime within another one that begins', () => {
    const refusals: string[] = [];
    const log = () => refusals.push(refusal(() => enclave.sync.initRuntime({ options: {} })));
    const real = runtimeInitialiser({ host: { engines: [interpEngine()] } });
    const init: InitRuntime = (args, natives, trusted) => {
      trusted.platform.log('warning', 'a beginning');
      return real(args, natives, trusted);
    };
    const enclave: Enclave = localEnclave({ log }, { init });
    enclave.sync.initRuntime({ options: {} });
    expect(refusals).toEqual(['INIT_RUNTIME: the runtime is being initialised']);
    enclave.sync.destroyRuntime();
  });
  it('cannot destroy the runtime while a module is loaded, or an instance ended', () => {
    const refusals: string[] = [];
    const destroy = () => void refusals.push(refusal(() => enclave.sync.destroyRuntime()));
    const memory = new MemoryFileSystem();
    const files: FileSystem = {
      open: (clock) => Object.assign(memory.open(clock), { close: destroy }),
    };
    const moduleReader = () => {
      destroy();
      return undefined;
    };
    const enclave: Enclave = localEnclave({ grants: [files], log: () => {}, moduleReader });
    const { sync } = enclave;
    sync.initRuntime({ options: { moduleReader: true } });
    const importer = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0);
    const { module: other } = sync.loadModule({ bytes: importer });
    expect(sync.listImports({ module: other }).imports).toMatchObject([{ module: 'm', name: 'f' }]);
    const { module } = sync.loadModule({ bytes: wasm });
    const preopens = [{ guestPath: '/', grant: 0, readOnly: false }];
    sync.setWasiArgs({ module, options: { preopens } });
    sync.deinstantiateModule({ instance: sync.instantiateModule({ module }).instance });
    expect(refusals.length).toBeGreaterThanOrEqual(2);
    expect(new Set(refusals)).toEqual(new Set(['DESTROY_RUNTIME: refused from inside a call']));
    expect(sync.destroyRuntime().report).toMatchObject({ modules: 2, instances: 0, leakedBytes: 0 });
  });
});
