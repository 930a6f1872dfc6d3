// The step function for hosts of which nothing is known: the switch, or halving where the host compares the cases of a switch one after another, as QuickJS
// does (there it is 3 to 7 times faster). Refuses nothing.
import type { Platform } from '../../platform/platform.js';
import { CODE, codeSpans, registerSpans, STATE } from './code-arena.js';
import { joined } from './join-pairs.js';
import { step as stepByTree } from './loop-tree.gen.js';
import * as OP from './op.gen.js';
import { type ChooseStep, NO_MEMORY, type Step, stepBySwitch } from './step.js';

/** The backward branches of one try. */
const TICKS = 5_000;
/** With jump tables a try takes less. */
const LEAST_MS = 3;
/** The fastest try of each counts: other programs take the processor in between. */
const TRIES = 3;

const EMPTY_INSTANCE = { memory: NO_MEMORY, registers: STATE, globals: [], tables: [], types: [] } as const;

/** Two operations, joined as one of the last cases of the switch, and a branch without its words. They touch register 0 alone. */
export function lateOperations(): number[] {
  const late = [OP.i32_shl_k, 0, 0, 0, OP.i32_add_k, 0, 0, 0, OP.br];
  late[0] = joined(late, 0, 4, 0);
  return late;
}

/** Takes room for a loop around one of the last cases. Returns its start and a frame, -1 where there is no room, and what gives both back. */
function lateLoop(): { readonly pc: number; readonly fp: number; free(): void } {
  const late = lateOperations();
  const words = late.length + 2;
  const pc = codeSpans.take(words);
  const fp = registerSpans.take(1);
  if (pc >= 0) CODE.set([...late, pc, 1], pc);
  const free = (): void => {
    if (fp >= 0) registerSpans.give(fp, 1);
    if (pc < 0) return;
    CODE.fill(0, pc, pc + words);
    codeSpans.give(pc, words);
  };
  return { pc, fp, free };
}

/** Tries both when a runtime compiles its first module: a millisecond with jump tables, some 30 without. */
const fasterStep: ChooseStep = (platform: Pick<Platform, 'monotonicNow'>): Step => {
  const bySwitch = stepBySwitch(platform);
  const state = STATE.slice();
  const { pc, fp, free } = lateLoop();
  const ms = (step: Step): number => {
    const start = platform.monotonicNow();
    step(EMPTY_INSTANCE, pc, fp, 0, TICKS);
    return platform.monotonicNow() - start;
  };
  try {
    // The compilation that comes next says that there is no room.
    if (pc < 0 || fp < 0) return bySwitch;
    let fastest: Step = bySwitch;
    for (let tried = 0, least = Number.POSITIVE_INFINITY; tried < TRIES; tried++) {
      for (const step of [bySwitch, stepByTree]) {
        const taken = ms(step);
        if (step === bySwitch && taken < LEAST_MS) return bySwitch;
        if (taken < least) [fastest, least] = [step, taken];
      }
    }
    return fastest;
  } finally {
    STATE.set(state);
    free();
  }
};

/** Builds for hosts with jump tables may leave the halving out. */
export const stepOfAnyHost: ChooseStep = typeof ENCLASM_WITHOUT_STEP_TREE === 'undefined' ? fasterStep : stepBySwitch;
