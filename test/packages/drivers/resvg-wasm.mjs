// A picture that the package @resvg/resvg-wasm renders.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

export const answer = { width: 4, height: 2, first: [255, 0, 0, 255], last: [0, 0, 255, 255] };

export async function run() {
  await initWasm(readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const half = (x, color) => `<rect x="${x}" width="2" height="2" fill="${color}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2">${half(0, 'red')}${half(2, 'blue')}</svg>`;
  const { width, height, pixels } = new Resvg(svg).render();
  return { width, height, first: [...pixels.slice(0, 4)], last: [...pixels.slice(-4)] };
}
