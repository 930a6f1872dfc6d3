// The first tier of an instance whose functions another engine compiles when they are hot: it counts how much each runs here. It counts what the step function
// counts anyway, so code runs no slower for it, and what is hot is the same in every run. A call in progress goes on in the other engine at the head of a loop.

import type { FirstTier, Heat, NextTier, TieredFunction } from '../../runtime/engine.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { FunctionInstance } from '../../runtime/function.js';
import type { Slots } from '../../runtime/slots.js';
import type { ValidatedModule } from '../../wasm/module.js';
import type { CodeSet } from './code-set.js';
import type { Driver, Interpreted, TierCounts } from './interp-instance.js';

/** The backward branches and calls after which the function that runs then is counted. */
export const TICKS_PER_SAMPLE = 1_000;
/** What a call from outside counts: about as much time as so many backward branches. */
const TICKS_PER_CALL = 50;
/** Calls of a function stay after this many loops at which they could not leave. */
const MOST_REFUSALS = 16;
export class Tier implements FirstTier, TierCounts {
  readonly #code: CodeSet;
  readonly #driver: Driver;
  readonly #next: NextTier;
  /** By function, imports first: the ticks until it is hot. */
  readonly #left: Float64Array;
  readonly #promoted: Uint8Array;
  /** How often calls of a function could not leave at a loop. */
  readonly #stays: Uint8Array;

  constructor(module: ValidatedModule, code: CodeSet, driver: Driver, heat: Heat, next: NextTier) {
    this.#code = code;
    this.#driver = driver;
    this.#next = next;
    const { importedFunctions, functionTypes } = module.spaces;
    this.#left = new Float64Array(functionTypes.length);
    this.#promoted = new Uint8Array(functionTypes.length);
    this.#stays = new Uint8Array(functionTypes.length);
    module.functions.forEach(({ code: { start, end } }, i) => {
      this.#left[importedFunctions + i] = heat.ticks + (end - start) * heat.perByte;
    });
  }
  isPromoted(index: number): boolean {
    return this.#promoted[index] === 1;
  }
  hasRun(index: number): boolean {
    return this.isPromoted(index) || this.#code.isCompiled(index);
  }
  promote(index: number): void {
    if (this.isPromoted(index)) return;
    this.#promoted[index] = 1;
    this.#code.divert(index);
  }
  sample(index: number): void {
    this.#count(index, TICKS_PER_SAMPLE);
  }
  refuse(index: number): void {
    this.#count(index, Number.POSITIVE_INFINITY);
  }
  leavesAtLoop(index: number): boolean {
    return this.isPromoted(index) && this.#stays[index]! < MOST_REFUSALS;
  }
  enterLoop(index: number, offset: number): FunctionInstance | undefined {
    if (!this.leavesAtLoop(index)) return undefined;
    const rest = this.#next.enterLoop(index, offset);
    if (rest === undefined) this.#stays[index]!++;
    return rest;
  }
  invoke(func: TieredFunction, env: ExecEnv, slots: Slots): void {
    this.#count(func.index, TICKS_PER_CALL);
    if (this.isPromoted(func.index)) func.invoke(env, slots);
    else this.#driver.invoke(func as Interpreted, env, slots);
  }
  #count(index: number, ticks: number): void {
    const left = this.#left;
    if ((left[index] = left[index]! - ticks) > 0) return;
    left[index] = Number.POSITIVE_INFINITY;
    if (!this.isPromoted(index)) this.#next.promote(index);
  }
}
