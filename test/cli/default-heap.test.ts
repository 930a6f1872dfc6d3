// An app heap is more memory than a module declares: the commands give one to those alone that need it, and change no other module.
import { expect, test } from 'vitest';
import { enclasm, iwasm, temporaryFolder, writeModule } from './support.js';

const folder = temporaryFolder();
const WAYS = [['--mode=interp'], ['--mode=jit'], ['--mode=host'], [], ['--enclave=same-thread']];

const EXACT = `(func (export "pages") (result i32) (memory.size))
  (func (export "behind") (result i32) (i32.load8_u (i32.const 65536))) (func (export "main") (result i32) (memory.size))`;

test.each(WAYS)('a module that needs no heap has the memory that it declares %s', async (...way: string[]) => {
  const file = writeModule(folder, 'exact.wasm', `(module (memory 1 1) ${EXACT})`);
  expect((await enclasm(['run', ...way, '--function=pages', file])).out).toBe('0x1:i32\n');
  expect((await enclasm(['run', ...way, '--function=behind', file])).err).toContain('out of bounds memory access');
  expect((await enclasm(['run', ...way, file])).code).toBe(1);
  const shared = writeModule(folder, 'shared.wasm', `(module (memory 1 1 shared) ${EXACT})`);
  expect((await enclasm(['run', ...way, '--function=pages', shared])).out).toBe('0x1:i32\n');
  const large = writeModule(
    folder,
    'large.wasm',
    `(module (memory 65536) (func (export "run") (result i32) (memory.size)))`,
  );
  expect((await enclasm(['run', ...way, '--function=run', large])).out).toBe('0x10000:i32\n');
});

const MAIN = `(func (export "main") (param i32 i32) (result i32)
  (i32.add (memory.size) (i32.load8_u (i32.load offset=4 (local.get 1)))))`;

test.each(WAYS)(
  'a main that takes arguments gets them, on a heap or by its own allocator %s',
  async (...way: string[]) => {
    const plain = writeModule(
      folder,
      'main.wasm',
      `(module (memory 1 1) ${MAIN} (func (export "pages") (result i32) (memory.size)))`,
    );
    expect((await enclasm(['run', ...way, plain, 'a'])).code).toBe(2 + 97);
    expect((await enclasm(['run', ...way, '--function=pages', plain])).out).toBe('0x1:i32\n');
    const own = `(module (memory 1 1) (global $top (mut i32) (i32.const 64)) ${MAIN} (func (export "free") (param i32))
    (func (export "malloc") (param i32) (result i32) (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 0)))))`;
    expect((await enclasm(['run', ...way, writeModule(folder, 'own.wasm', own), 'a'])).code).toBe(1 + 97);
  },
);

test('what allocates by natives has a heap, also under iwasm, and --heap-size decides where it is given', async () => {
  const file = writeModule(
    folder,
    'native.wasm',
    `(module (import "env" "malloc" (func $malloc (param i32) (result i32))) (memory 1)
      (func (export "run") (result i32) (i32.ne (call $malloc (i32.const 8)) (i32.const 0))))`,
  );
  expect((await iwasm(['-f', 'run', file])).out).toBe('0x1:i32\n');
  expect((await iwasm(['--heap-size=0', '-f', 'run', file])).out).toBe('0x0:i32\n');
  const exact = writeModule(folder, 'exact.wasm', `(module (memory 1 1) ${EXACT})`);
  expect((await iwasm(['-f', 'pages', exact])).out).toBe('0x1:i32\n');
  expect((await iwasm(['--heap-size=8192', '-f', 'pages', exact])).out).toBe('0x2:i32\n');
});
