import { expect, test } from 'vitest';
import { LONGEST_NAME, printable, printableLines, quote, shortened } from './quote.js';

const ALL = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit)).join('');

test('no control character and no mark of direction comes through, and all else does', () => {
  const safe = printable(ALL);
  expect(safe).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/u);
  expect(JSON.parse(`"${safe.replace(/[\\"](?!u[0-9a-f]{4})/g, '\\$&')}"`)).toBe(ALL);
  expect(printable('add<int>(é, 日本, 😀) \'"\\')).toBe('add<int>(é, 日本, 😀) \'"\\');
  expect(printable(safe)).toBe(safe);
});

test('lines stay lines where they are asked for', () => {
  expect(printableLines('a\tb\n\u001b[31m\r')).toBe('a\tb\n\\u001b[31m\\u000d');
  expect(printable('a\nb')).toBe('a\\u000ab');
});

test('names are cut, never within a pair', () => {
  expect(quote('x'.repeat(LONGEST_NAME))).toBe('x'.repeat(LONGEST_NAME));
  expect(quote('x'.repeat(1 << 22))).toBe(`${'x'.repeat(LONGEST_NAME)}…`);
  expect(shortened('a😀b', 2)).toBe('a…');
  expect(shortened('a😀b', 3)).toBe('a😀…');
});
