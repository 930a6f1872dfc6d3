import { expect, test } from 'vitest';
import { isStackOverflow } from './stack-overflow.js';

test("knows the host's stack overflow, and takes nothing else for it", () => {
  const deep = (): number => deep() + 1;
  let thrown: unknown;
  try {
    deep();
  } catch (error) {
    thrown = error;
  }
  expect(isStackOverflow(thrown)).toBe(true);
  const named = (text: string) => Object.assign(new Error(text), { name: 'InternalError' });
  expect([named('too much recursion'), named('stack overflow')].map(isStackOverflow)).toEqual([true, true]);
  const others = [new RangeError('Invalid string length'), new Error('call stack'), named('a bug'), 'call stack', null];
  expect(others.map(isStackOverflow)).toEqual([false, false, false, false, false]);
});
