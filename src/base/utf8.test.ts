import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

test('text comes back, and encodes as the host encodes it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      const bytes = encodeUtf8(text);
      expect(bytes).toEqual(new TextEncoder().encode(text));
      expect(decodeUtf8(bytes)).toBe(text);
    }),
  );
  expect(encodeUtf8('\ud800x')).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd, 0x78));
});

test('bytes are refused exactly where the host refuses them', () => {
  const edges = fc.constantFrom(
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.array(edges, { maxLength: 5 }), (some, more) => {
      const bytes = Uint8Array.from([...some, ...more]);
      let expected: string | undefined;
      try {
        expected = strict.decode(bytes);
      } catch {
        expected = undefined;
      }
      expect(decodeUtf8(bytes)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('long text is put together from parts', () => {
  const text = 'ä𝄞x'.repeat(10_000);
  expect(decodeUtf8(encodeUtf8(text))).toBe(text);
});
