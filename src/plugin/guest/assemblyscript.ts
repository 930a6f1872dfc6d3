// Plugins in AssemblyScript, compiled with --exportRuntime: functions of one String or ArrayBuffer, or of nothing, that return one, or nothing.
// Texts cross as UTF-16, and objects are told apart by the ids that every module has. Refuses objects of other classes, and half characters.
import { encodeUtf8 } from '../../base/utf8.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import { PluginError } from '../../runtime/plugin-error.js';
import { I32 } from '../../wasm/types.js';
import { bytesIn, checkLength, outputFrom } from './guest-bytes.js';
import { calling, functionNamed, isOfType, type Steps, wrongType } from './steps.js';

/** Ids of classes, the same in every module since version 0.21. */
const ARRAY_BUFFER_ID = 1;
const STRING_ID = 2;
/** Before an object: its class and its bytes are the last two words of the header. */
const HEADER_BYTES = 20;
const CLASS_AT = -8;
const SIZE_AT = -4;

/** @param input a text, or bytes for a function that takes an ArrayBuffer */
export function* callAssemblyScript(
  instance: WasmInstance,
  name: string,
  input: string | Uint8Array,
  most: number,
): Steps<Uint8Array> {
  const func = functionNamed(instance, name);
  const takesInput = func.type.params.length > 0;
  const fits = [[I32], []].some((params) => [[I32], []].some((results) => isOfType(func, params, results)));
  if (!fits || (!takesInput && input.length > 0)) {
    throw wrongType(func, `${takesInput || input.length > 0 ? '(i32)' : '()'} -> (i32): one String or ArrayBuffer`);
  }
  const pin = functionNamed(instance, '__pin');
  if (!isOfType(pin, [I32], [I32])) throw wrongType(pin, '(i32) -> (i32)');
  const unpin = functionNamed(instance, '__unpin');
  if (!isOfType(unpin, [I32], [])) throw wrongType(unpin, '(i32) -> ()');
  if (!takesInput) return read(instance, yield* calling(func), most);
  const address = yield* store(instance, input);
  // The collector must not take it while the function allocates.
  yield* calling(pin, address);
  const bytes = read(instance, yield* calling(func, address), most);
  yield* calling(unpin, address);
  return bytes;
}

/** A new object. @throws PluginError 'out-of-bounds' */
function* store(instance: WasmInstance, input: string | Uint8Array): Steps<number> {
  const isText = typeof input === 'string';
  const length = isText ? input.length * 2 : input.length;
  const create = functionNamed(instance, '__new');
  if (!isOfType(create, [I32, I32], [I32])) throw wrongType(create, '(i32 i32) -> (i32)');
  const [made] = (yield* calling(create, length, isText ? STRING_ID : ARRAY_BUFFER_ID)) as readonly [number];
  const target = bytesIn(instance, made >>> 0, length, '__new');
  if (!isText) target.set(input);
  else {
    const units = new DataView(target.buffer, target.byteOffset, length);
    for (let k = 0; k < input.length; k++) units.setUint16(k * 2, input.charCodeAt(k), true);
  }
  return made;
}

/** What a function returned: bytes of an ArrayBuffer, UTF-8 of a String, nothing for null. */
function read(instance: WasmInstance, [result]: readonly unknown[], most: number): Uint8Array {
  const address = ((result as number | undefined) ?? 0) >>> 0;
  if (address === 0) return new Uint8Array(0);
  if (address < HEADER_BYTES)
    throw new PluginError('out-of-bounds', `the output: no object lies at address ${address}`);
  const header = bytesIn(instance, address - HEADER_BYTES, HEADER_BYTES, 'the output');
  const words = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  const id = words.getUint32(HEADER_BYTES + CLASS_AT, true);
  const size = words.getUint32(HEADER_BYTES + SIZE_AT, true);
  if (id === ARRAY_BUFFER_ID) return outputFrom(instance, address, size, most);
  if (id !== STRING_ID) {
    throw new PluginError('wrong-type', `the output is an object of class ${id}, neither a String nor an ArrayBuffer`);
  }
  checkLength(Math.ceil(size / 2), most);
  const utf8 = encodeUtf8(textOf(outputFrom(instance, address, size, most * 2)));
  checkLength(utf8.length, most);
  return utf8;
}

/** @throws PluginError 'invalid-text' for half of a character */
function textOf(bytes: Uint8Array): string {
  const units = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  let part: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    part.push(units.getUint16(at, true));
    if (part.length < 4_096) continue;
    text += String.fromCharCode(...part);
    part = [];
  }
  text += String.fromCharCode(...part);
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) {
    throw new PluginError('invalid-text', 'the output has half of a character: it is no text');
  }
  return text;
}
