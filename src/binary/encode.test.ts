import { expect, test } from 'vitest';
import { assemble } from '../../test/helpers/wat.js';
import { print } from '../text/print.js';
import { validate } from '../validate/validate.js';
import { OPCODES } from '../wasm/opcodes.js';
import { I32 } from '../wasm/types.js';
import { CodeReader } from './code-reader.js';
import { decode } from './decode.js';
import { encode } from './encode.js';
import { ByteWriter } from './writer.js';

test('parts change, the rest stays: a counter in a new global', () => {
  const module = decode(assemble('(module (func (export "f") (param i32) (result i32) (local i64) local.get 0))'));
  const reader = new CodeReader(module.bytes);
  const bytes = encode(module, {
    globals: [{ type: { type: I32, mutable: true }, init: Uint8Array.of(0x41, 0, 0x0b) }],
    exports: [...module.exports, { name: 'count', kind: 'global', index: 0 }],
    body(writer, index) {
      const { start, end } = module.functions[index]!.code;
      writer.opcode(OPCODES['global.get'].code);
      writer.u32(0);
      writer.opcode(OPCODES['i32.const'].code);
      writer.s32(1);
      writer.opcode(OPCODES['i32.add'].code);
      writer.opcode(OPCODES['global.set'].code);
      writer.u32(0);
      reader.seek(start, end);
      while (reader.next() >= 0) writer.raw(module.bytes, reader.start, reader.pos);
    },
  });
  expect(print(validate(decode(bytes)))).toBe(`(module
  (type (;0;) (func (param i32) (result i32)))
  (global (;0;) (mut i32) i32.const 0)
  (export "f" (func 0))
  (export "count" (global 0))
  (func (;0;) (type 0) (param i32) (result i32)
    (local i64)
    global.get 0
    i32.const 1
    i32.add
    global.set 0
    local.get 0
  )
)
`);
});

test('sizes of every length are written before what they measure', () => {
  for (const length of [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const writer = new ByteWriter(1);
    writer.u8(0xaa);
    writer.sized(() => {
      writer.raw(new Uint8Array(length).fill(7));
    });
    const reader = new CodeReader(writer.finish());
    expect(reader.u8()).toBe(0xaa);
    expect(reader.u32()).toBe(length);
    expect(reader.bytes.length - reader.pos).toBe(length);
    expect(reader.bytes.subarray(reader.pos).every((byte) => byte === 7)).toBe(true);
  }
});
