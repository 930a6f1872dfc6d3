// Memory file systems of a guest count against its memory: a file that it makes is as much as a memory that it grows, in every mode.
import { expect } from 'vitest';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { modeCases } from './mode-cases.js';

const MIB = 1 << 20;
const ENOSPC = 51;
/** Works on the file `f` of its preopen, which `open` opens as descriptor 4. */
const GUEST = `(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $write (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "f")
  (func (export "open") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 1) (i64.const 0x400044) (i64.const 0) (i32.const 0) (i32.const 0)))
  (func (export "size") (param i64) (result i32) (call $size (i32.const 4) (local.get 0)))
  (func (export "write") (param $at i64) (result i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1))
    (call $write (i32.const 4) (i32.const 0) (i32.const 1) (local.get $at) (i32.const 8)))
  (func (export "remove") (result i32)
    (i32.or (call $close (i32.const 4)) (call $unlink (i32.const 3) (i32.const 64) (i32.const 1))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;

modeCases('memory file systems and memoryBytes', [
  {
    name: 'a file is as large as the memory limit lets it be, however it grows',
    run({ start }) {
      const files = new MemoryFileSystem({}, { maxBytes: 512 * MIB });
      const instance = start(GUEST, { limits: { memoryBytes: 4 * MIB }, wasi: { preopens: { '/': files } } });
      const call = (name: string, ...args: (number | bigint)[]) => instance.lookupFunction(name)!.call(...args)[0];
      expect(call('open')).toBe(0);
      expect(call('size', 511n * BigInt(MIB))).toBe(ENOSPC);
      expect(call('write', 511n * BigInt(MIB))).toBe(ENOSPC);
      expect(files.usedBytes).toBeLessThan(MIB);
      expect(call('size', 2n * BigInt(MIB))).toBe(0);
      expect(instance.usage.memoryBytes).toBeGreaterThan(2 * MIB);
      expect(call('grow', 40)).toBe(-1);
      expect(call('remove')).toBe(0);
      expect(instance.usage.memoryBytes).toBeLessThan(MIB);
      expect(call('grow', 40)).toBe(1);
    },
  },
  {
    name: 'what it leaves is not its own any more when it has ended, nor was what others put there',
    run({ runtime, start }) {
      const files = new MemoryFileSystem({ given: new Uint8Array(8 * MIB) }, { maxBytes: 64 * MIB });
      const instance = start(GUEST, { limits: { memoryBytes: 4 * MIB }, wasi: { preopens: { '/': files } } });
      instance.lookupFunction('open')!.call();
      instance.lookupFunction('size')!.call(BigInt(MIB));
      const before = instance.usage.memoryBytes;
      files.writeFile('later', new Uint8Array(8 * MIB));
      expect(instance.usage.memoryBytes).toBe(before);
      instance.deinstantiate();
      expect(runtime.usage.memoryBytes).toBe(0);
      expect(files.readFile('f').length).toBe(MIB);
      files.writeFile('f', 'x');
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
]);
