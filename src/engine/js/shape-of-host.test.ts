// The shape of code by what the host has in the place of WebAssembly.
import { afterEach, expect, it } from 'vitest';
import { shapeOfHost } from './shape-of-host.js';

const real = globalThis.WebAssembly;
afterEach(() => {
  globalThis.WebAssembly = real;
});

it('is for a compiler where the host has WebAssembly', () => {
  expect(shapeOfHost()).toBe('optimizing');
});
it('is for an interpreter where it has none, or one that a program put there', () => {
  const noValidate = { validate: () => true };
  for (const one of [undefined, {}, noValidate]) {
    globalThis.WebAssembly = one as unknown as typeof WebAssembly;
    expect(shapeOfHost()).toBe('plain');
  }
});
