import { expect, it } from 'vitest';
import { step as stepByTree } from './loop-tree.gen.js';
import { FIRST_PAIR, PAIRS } from './ops.gen.js';
import { stepBySwitch } from './step.js';
import { lateOperations, stepOfAnyHost } from './step-of-any-host.js';

it('is chosen by a case that a host without jump tables finds late', () => {
  const pairs = PAIRS.length / 3;
  expect(lateOperations()[0]).toBeGreaterThanOrEqual(FIRST_PAIR + pairs / 2);
});

it('is the one that takes less time for as many rounds', () => {
  // The clock is read before and after each try, of the switch first.
  const clock = (switchMs: number, treeMs: number) => {
    let reads = 0;
    let now = 0;
    return { monotonicNow: () => (now += [0, switchMs, 0, treeMs][reads++ % 4]!) };
  };
  expect(stepOfAnyHost(clock(30, 5))).toBe(stepByTree);
  expect(stepOfAnyHost(clock(30, 40))).toBe(stepBySwitch(clock(1, 1)));
  expect(stepOfAnyHost(clock(1, 0.5))).toBe(stepBySwitch(clock(1, 1)));
});
