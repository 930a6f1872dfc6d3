import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.js';

describe('base64', () => {
  it('is what the host writes, and comes back', () => {
    // And around the ends of the pieces that texts are made of.
    const around = [6_144, 12_288].flatMap((end) => [end - 2, end - 1, end, end + 1, end + 2]);
    for (const length of [...Array(100).keys(), ...around]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 31) & 0xff);
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(text)).toEqual(bytes);
    }
  });
  it('refuses what is none', () => {
    for (const text of ['a', 'ab=', 'a$cd', 'ab\u00e9d', 'a=bc']) expect(decodeBase64(text)).toBeUndefined();
  });
});
