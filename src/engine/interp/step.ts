// The step function that an engine runs register code with, and how it is chosen. Refuses nothing.
import type { Platform } from '../../platform/platform.js';
import { MemoryViews } from '../../runtime/memory.js';
import { step } from './loop.gen.js';

/** Runs register code until its caller must act: what the generated files export. */
export type Step = typeof step;
/** Chooses when a runtime compiles its first module. */
export type ChooseStep = (platform: Pick<Platform, 'monotonicNow'>) => Step;

/** For JavaScript engines that make a jump table of a switch: V8, JavaScriptCore, SpiderMonkey, Hermes. */
export const stepBySwitch: ChooseStep = () => step;

/** The memory of instances that have none. */
export const NO_MEMORY = /* @__PURE__ */ { views: new MemoryViews(new ArrayBuffer(0), 0, 0) } as const;
