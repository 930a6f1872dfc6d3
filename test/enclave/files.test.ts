// File systems of the host as the trusted side sees them by ocalls: each answer has the fields of its row and no others, whatever
// objects the embedder's file system gives.
import { describe, expect, it } from 'vitest';
import { OcallFileSystem } from '#src/enclave/trusted/ocall-files.js';
import { OcallPort } from '#src/enclave/trusted/ocall-port.js';
import { OcallService } from '#src/enclave/untrusted/ocall-service.js';
import { createWasi } from '#src/imports/wasi/index.js';
import type { FileSystem, OpenDirectory, OpenFile, OpenHow } from '#src/platform/files.js';
import { MemoryFileSystem, SymbolicLink } from '#src/platform/memory-fs/memory-file-system.js';
import type { GuestNetwork } from '#src/platform/net.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { assemble } from '../helpers/wat.js';
import { localEnclave } from './support.js';

const HOW: OpenHow = {
  read: true,
  write: true,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  append: false,
  sync: false,
  dataSync: false,
};
const CLOCK = { now: () => 0n };

function across(files: FileSystem): OpenDirectory {
  const service = new OcallService({ grants: [files] });
  return new OcallFileSystem(new OcallPort((packet) => service.handle(packet)), 0).open();
}

describe('a file system in memory, granted to an enclave', () => {
  const tree = { 'a.txt': 'text', folder: { inner: 'x' }, link: new SymbolicLink('a.txt') };
  it('lists its names with their kinds', () => {
    const here = new MemoryFileSystem(tree).open(CLOCK);
    const listing = across(new MemoryFileSystem(tree)).list();
    expect(listing.names).toEqual(here.list().names);
    for (const name of listing.names) {
      const { inode, type } = here.list().entry(name)!;
      expect(listing.entry(name)).toEqual({ inode, type });
    }
    expect(listing.entry('gone')).toBeUndefined();
  });
  it('says the same of files as it does here', () => {
    const [there, here] = [across(new MemoryFileSystem(tree)), new MemoryFileSystem(tree).open(CLOCK)];
    for (const name of ['a.txt', 'folder', 'link']) {
      const { size, type, links, inode } = here.statOf(name);
      expect(there.statOf(name)).toMatchObject({ size, type, links, inode });
    }
    const file = there.open('a.txt', HOW) as OpenFile;
    expect(file.stat()).toMatchObject({ size: 4n, type: 'regular-file' });
    expect(file.ready('read', 1)).toEqual({ bytes: 3, hangup: false });
    expect(there.readLink('link')).toBe('a.txt');
    expect((there.openDirectory('folder').open('inner', HOW) as OpenFile).size()).toBe(1);
  });
});

it('a file system whose answers have more fields than the rows works as well', () => {
  const memory = new MemoryFileSystem({ f: 'text' });
  const generous: FileSystem = {
    open: (clock) => {
      const directory = memory.open(clock);
      const more = <T extends object>(object: T): T => ({ ...object, more: 1 });
      const open = directory.open.bind(directory);
      return Object.assign(Object.create(directory) as OpenDirectory, {
        statOf: (name: string) => more(directory.statOf(name)),
        open: (name: string, how: OpenHow) => {
          const file = open(name, how) as OpenFile;
          const [stat, ready] = [file.stat.bind(file), file.ready.bind(file)];
          return Object.assign(file, {
            stat: () => more(stat()),
            ready: (direction: 'read' | 'write', position: number) => more(ready(direction, position)!),
          });
        },
      });
    },
  };
  const there = across(generous);
  expect(there.statOf('f')).toMatchObject({ size: 4n });
  const file = there.open('f', HOW) as OpenFile;
  expect(file.stat()).toMatchObject({ size: 4n });
  expect(file.ready('read', 0)).toEqual({ bytes: 4, hangup: false });
});

const failing: FileSystem = {
  open: (clock) =>
    Object.assign(new MemoryFileSystem().open(clock), {
      close: () => {
        throw new Error('the disk is gone');
      },
    }),
};

it('a host whose close fails keeps nothing else open', async () => {
  const wasm = await assemble('(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (memory 1))');
  const enclave = localEnclave({ grants: [failing, new MemoryFileSystem(), new MemoryFileSystem()] });
  const { sync } = enclave;
  sync.initRuntime({ options: {} });
  const { module } = sync.loadModule({ bytes: wasm });
  const preopens = [0, 1, 2].map((grant) => ({ guestPath: `/${grant}`, grant, readOnly: false }));
  sync.setWasiArgs({ module, options: { preopens } });
  const { instance } = sync.instantiateModule({ module });
  expect(enclave.openNodes).toBe(3);
  expect(() => sync.deinstantiateModule({ instance })).toThrow('the disk is gone');
  expect(enclave.openNodes).toBe(0);
  expect(sync.destroyRuntime().report).toMatchObject({ instances: 0, leakedBytes: 0 });
  await enclave.close();
});

it('nor its network', () => {
  let open = 0;
  const platform = {
    ...nodePlatform(() => {}),
    network: () => {
      open++;
      return { close: () => open-- } as unknown as GuestNetwork;
    },
  };
  const wasi = createWasi({ preopens: { '/': failing }, addressPool: ['127.0.0.1'] }, platform);
  expect(wasi.network.network).toBeDefined();
  expect(open).toBe(1);
  expect(() => wasi.close()).toThrow('the disk is gone');
  expect(open).toBe(0);
});
