// The step function for hosts of which nothing is known: a switch, or halving where the host compares the cases of a switch one after another, as QuickJS
// does (there it is 3 to 9 times faster). Refuses nothing.
import type { Platform } from '../../platform/platform.js';
import { CODE, codeSpans, registerSpans, STATE } from './code-arena.js';
import { joined } from './join-pairs.js';
import { step as stepByTree } from './loop-tree.gen.js';
import { OP } from './ops.gen.js';
import { type ChooseStep, NO_MEMORY, type Step, stepBySwitch } from './step.js';

/** The backward branches of one try: a millisecond or two where the switch is a jump table, 15 or more where it is not. */
const TICKS = 10_000;
/** Each must say the same: another program that took the processor in between says it by chance. */
const TRIES = 2;
const LEAST_MS = 6;
/** How many times slower a loop of a late and an early operation is than one of the early operation alone: 3 with jump tables, 9 without. */
const TIMES_SLOWER = 4.5;

const EMPTY_INSTANCE = { memory: NO_MEMORY, globals: [], tables: [], types: [] } as const;

/** Whether the switch's late cases are much slower than its early ones. */
function comparesCases(step: Step, platform: Pick<Platform, 'monotonicNow'>): boolean {
  const late = [joined(OP.const_32, OP.const_32), 0, 0, OP.const_32, 0, 0];
  const words = late.length + 2;
  const state = STATE.slice();
  const pc = codeSpans.take(words);
  const fp = registerSpans.take(1);
  const instance = { ...EMPTY_INSTANCE, registers: STATE };
  const ms = (from: number): number => {
    CODE.set([OP.br, from], pc + late.length);
    const start = platform.monotonicNow();
    step(instance, from, fp, 0, TICKS);
    return platform.monotonicNow() - start;
  };
  try {
    // No room: the compilation that comes next says so.
    if (pc < 0 || fp < 0) return false;
    CODE.set(late, pc);
    for (let tried = 0; tried < TRIES; tried++) {
      const both = ms(pc);
      if (both < LEAST_MS || both < TIMES_SLOWER * ms(pc + late.length)) return false;
    }
    return true;
  } finally {
    STATE.set(state);
    if (pc >= 0) {
      CODE.fill(0, pc, pc + words);
      codeSpans.give(pc, words);
    }
    if (fp >= 0) registerSpans.give(fp, 1);
  }
}

/** Tries the switch when a runtime compiles its first module. */
export const stepOfAnyHost: ChooseStep = (platform) => {
  const step = stepBySwitch(platform);
  return comparesCases(step, platform) ? stepByTree : step;
};
