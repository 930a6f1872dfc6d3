import { describe, expect, it } from 'vitest';
import { PacketBuffer } from '../protocol/packet.js';
import { FrameReader, frameHeader } from './frames.js';
import { type SystemFacts, sandboxCommand } from './sandbox.js';

describe('FrameReader', () => {
  it('puts packets together whatever pieces they come in', () => {
    const packets = [1, 8, 100, 5_000].map((size) => new Uint8Array(size).map((_, k) => k & 255));
    const stream = packets.flatMap((packet) => [...frameHeader(packet.length), ...packet]);
    for (const piece of [1, 3, 7, 64, 100_000]) {
      const reader = new FrameReader(10_000);
      const got: PacketBuffer[] = [];
      for (let at = 0; at < stream.length; at += piece) {
        reader.give(new Uint8Array(stream.slice(at, at + piece)));
        for (let packet = reader.next(); packet; packet = reader.next()) got.push(packet);
        expect(reader.left).toBe(0);
      }
      expect(got.map((packet) => [...packet.bytes()])).toEqual(packets.map((packet) => [...packet]));
    }
  });
  it('refuses lengths beyond the limit, and 0, before it makes room for them', () => {
    const read = (header: Uint8Array) => {
      const reader = new FrameReader(1_000);
      reader.give(header);
      return reader.next();
    };
    expect(() => read(frameHeader(1_001))).toThrow('a packet of 1001 bytes: 1 to 1000 are possible');
    expect(() => read(frameHeader(0))).toThrow('a packet of 0 bytes');
    expect(() => read(new Uint8Array([255, 255, 255, 255]))).toThrow('4294967295');
  });
});

describe('sandboxCommand', () => {
  const facts: SystemFacts = {
    host: 'node',
    nodePath: '/node',
    platform: 'linux',
    entryPath: '/code/main.js',
    permissionFlag: '--permission',
    exists: (path) => ['/bin/sh', '/usr/bin/bwrap', '/lib'].includes(path),
  };
  it('allows reading the code and what was granted, and nothing else', () => {
    const { command, args } = sandboxCommand({ codeFolder: '/code', allowRead: ['/data'], memoryMiB: 100 }, facts);
    expect(command).toBe('/bin/sh');
    const files = '{ ulimit -n 512 2>/dev/null || [ "$(ulimit -H -n)" -lt 512 ]; }';
    const memory = '{ ulimit -d 102400 2>/dev/null || [ "$(ulimit -H -d)" -lt 102400 ]; }';
    expect(args[1]).toBe(`ulimit -c 0 && ${files} && ${memory} && exec "$0" "$@"`);
    expect(args).toContain('--permission');
    expect(args.filter((arg) => arg.startsWith('--allow'))).toEqual([
      '--allow-fs-read=/code/*',
      '--allow-fs-read=/data',
    ]);
  });
  it('puts bubblewrap around it, and refuses where it is not installed', () => {
    const { args } = sandboxCommand({ codeFolder: '/code', bubblewrap: true }, facts);
    expect(args).toContain('--unshare-all');
    expect(args.join(' ')).toContain('--ro-bind /lib /lib --ro-bind /node /node --ro-bind /code /code');
    expect(() => sandboxCommand({ codeFolder: '/c', bubblewrap: true }, { ...facts, exists: () => false })).toThrow(
      'bubblewrap was asked for and is not installed',
    );
  });
  it('grants a child of Deno the same', () => {
    const { args } = sandboxCommand({ codeFolder: '/code', allowRead: ['/data'] }, { ...facts, host: 'deno' });
    expect(args.filter((arg) => arg.startsWith('--allow'))).toEqual(['--allow-read=/code,/data']);
    expect(args).toContain('--no-prompt');
  });
  it('refuses Bun, which could not take its rights', () => {
    expect(() => sandboxCommand({ codeFolder: '/c' }, { ...facts, host: 'bun' })).toThrow(
      'Bun has no permission model',
    );
  });
  it('refuses a Node without a permission model', () => {
    expect(() => sandboxCommand({ codeFolder: '/c' }, { ...facts, permissionFlag: undefined })).toThrow(
      'no permission model',
    );
  });
});

describe('PacketBuffer', () => {
  it('gives its memory away and keeps the header', () => {
    const packet = PacketBuffer.copyOf(new Uint8Array(64).fill(7));
    const memory = packet.release();
    expect(memory.byteLength).toBe(64);
    expect(packet.i32[3]).toBe(0x0707_0707);
    expect(packet.length).toBe(0);
  });
});
