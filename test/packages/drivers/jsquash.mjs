// A picture through the packages @jsquash/png (Rust), @jsquash/jpeg and @jsquash/webp (C++, with SIMD where the host has it).
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import jpegDecode, { init as initJpegDecode } from '@jsquash/jpeg/decode.js';
import jpegEncode, { init as initJpegEncode } from '@jsquash/jpeg/encode.js';
import pngDecode, { init as initPngDecode } from '@jsquash/png/decode.js';
import pngEncode, { init as initPngEncode } from '@jsquash/png/encode.js';
import webpDecode, { init as initWebpDecode } from '@jsquash/webp/decode.js';
import webpEncode, { init as initWebpEncode } from '@jsquash/webp/encode.js';

export const answer = { png: [10, 200, 30, 255], jpeg: true, webp: true };

const { resolve } = createRequire(import.meta.url);
const compiled = async (path) => WebAssembly.compile(await readFile(resolve(path)));

/** Whether the first pixel is nearly what it was. */
function near({ data }) {
  return Math.abs(data[0] - 10) < 8 && Math.abs(data[1] - 200) < 8 && Math.abs(data[2] - 30) < 8;
}

export async function run() {
  globalThis.ImageData ??= class {
    constructor(data, width, height) {
      Object.assign(this, { data, width, height });
    }
  };
  const png = await compiled('@jsquash/png/codec/pkg/squoosh_png_bg.wasm');
  await Promise.all([initPngEncode(png), initPngDecode(png)]);
  await initJpegEncode(await compiled('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm'));
  await initJpegDecode(await compiled('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
  await initWebpEncode(await compiled('@jsquash/webp/codec/enc/webp_enc.wasm'));
  await initWebpDecode(await compiled('@jsquash/webp/codec/dec/webp_dec.wasm'));
  const data = new Uint8ClampedArray(16 * 16 * 4);
  for (let at = 0; at < data.length; at += 4) data.set([10, 200, 30, 255], at);
  const picture = new ImageData(data, 16, 16);
  const again = await pngDecode(await pngEncode(picture));
  return {
    png: [...again.data.slice(0, 4)],
    jpeg: near(await jpegDecode(await jpegEncode(picture))),
    webp: near(await webpDecode(await webpEncode(picture))),
  };
}
