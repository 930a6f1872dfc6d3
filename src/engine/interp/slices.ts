// How long the step function runs at a time, and when a turn of a call that can pause is over. Refuses nothing.
import type { Platform } from '../../platform/platform.js';
import type { Activation } from './activation.js';
import { CALLS, CODE } from './code-arena.js';
import { blockAt } from './code-set.js';
import * as OP from './op.gen.js';
import { TICKS_PER_SAMPLE } from './tier.js';

/**
 * The backward branches between two checkpoints. Leaving the step function this often also keeps V8 out of its slower on-stack-replacement code
 * (docs/rationale.md).
 */
const TICKS = 50_000;
/**
 * The first slices are short, so that V8 has seen how the step function ends before it compiles its loop. Otherwise that code is given up at the end
 * of each slice and entered again at the next: loops took twice the time (docs/rationale.md).
 */
const SHORT_SLICES = 64;
const SHORT_TICKS = 16;
/** The returns of the step function after which a slice of callAsync ends if the clock stands still. */
const EXITS_PER_SLICE = 1_024;
/** The returns between two readings of the clock in such a slice: native functions that take long are few. */
const EXITS_PER_CHECKPOINT = 8;
/** The milliseconds after which a slice of callAsync ends if native functions and bulk instructions take longer than backward branches. */
const MS_PER_SLICE = 4;

/** The slices of one driver. */
export class Slices {
  readonly #platform: Pick<Platform, 'monotonicNow'>;
  #shortLeft = SHORT_SLICES;

  constructor(platform: Pick<Platform, 'monotonicNow'>) {
    this.#platform = platform;
  }
  /** How many backward branches and calls come before the next slice. */
  ticks({ I: { tier }, leavesAtLoop }: Activation): number {
    if (tier === undefined) return this.#shortLeft > 0 ? SHORT_TICKS : TICKS;
    return leavesAtLoop ? 0 : TICKS_PER_SAMPLE;
  }
  /** A slice has ended. Returns whether it was one of the first, which end no turn. */
  wasShort({ I: { tier } }: Activation): boolean {
    if (this.#shortLeft === 0 || tier !== undefined) return false;
    this.#shortLeft--;
    return true;
  }
  /** When the turn that begins now is over, in monotonic milliseconds; Infinity where the clock does not matter. */
  end(timed: boolean): number {
    return timed ? this.#platform.monotonicNow() + MS_PER_SLICE : Number.POSITIVE_INFINITY;
  }
  isOver({ exits }: Activation, end: number): boolean {
    if (exits % EXITS_PER_SLICE === 0) return true;
    return exits % EXITS_PER_CHECKPOINT === 0 && this.#platform.monotonicNow() >= end;
  }
}

/** Counts what runs now: a slice of ticks, or as many returns of the step function as take about as long. */
export function sample(a: Activation): void {
  // A call that leaves the step function stands at the callee's beginning: its caller has run.
  const pc = CODE[a.pc] === OP.lazy ? CALLS[a.sp - 2]! - 1 : a.pc;
  const { tier } = a.I;
  const index = tier && blockAt(pc)?.index;
  if (index === undefined) return;
  tier!.sample(index);
  a.leavesAtLoop = tier!.leavesAtLoop(index);
}
