// Which loops are unrolled, and how often: one check, one subtraction and one store to the global then serve several iterations. Refuses loops that
// call, allocate or contain loops, and where an observer is told of places.
import type { ValidatedModule } from '../wasm/module.js';
import type { FuncType } from '../wasm/types.js';
import type { MergePoint } from './account.js';
import type { InstrumentOptions } from './instrument-options.js';
import { type MeterPlaces, threshold } from './metering.js';
import type { FunctionPlan } from './plan.js';

/** The most copies of a body, and the most bytes of the body in all copies together (docs/host-mode.md has what others cost and gave). */
const MOST_COPIES = 8;
const MOST_BYTES = 320;

/**
 * The most bytes that a function grows by, and up to which size it may grow. V8 allocates registers with less care in functions that are large for it:
 * one of 19 KB took twice as long when its loops were unrolled.
 */
const FUNCTION_GROWTH = 2000;
const LARGEST_FUNCTION = 8000;

/** Modules below this size have all their loops unrolled. In others the bodies that are copied make up at most this share of their size. */
const SMALL_MODULE = 16_384;
const GROWTH = 0.08;

/** Returns by position of the function, then by loop, how many copies of its body there are: 1 where a loop is not unrolled. */
export function chooseUnrolling(
  { bytes, functions }: ValidatedModule,
  plans: readonly FunctionPlan[],
  { interruptible, metered, tellsPlaces }: InstrumentOptions,
): readonly Uint8Array[] {
  const copies = plans.map(({ loops }) => new Uint8Array(loops.length).fill(1));
  if (!interruptible || tellsPlaces) return copies;
  const candidates: { readonly size: number; readonly position: number; readonly loop: number }[] = [];
  plans.forEach(({ loopSizes }, position) => {
    loopSizes.forEach((size, loop) => {
      if (size > 0 && size * 2 <= MOST_BYTES) candidates.push({ size, position, loop });
    });
  });
  const rooms = functions.map(({ code }) => Math.min(FUNCTION_GROWTH, LARGEST_FUNCTION - code.end + code.start));
  let room = bytes.length < SMALL_MODULE ? Number.POSITIVE_INFINITY : bytes.length * GROWTH;
  for (const { size, position, loop } of candidates.sort((a, b) => a.size - b.size)) {
    const count = Math.min(MOST_COPIES, Math.floor(MOST_BYTES / size));
    const added = size * (metered ? count : count - 1);
    if (added > room) break;
    if (added > rooms[position]!) continue;
    copies[position]![loop] = count;
    rooms[position]! -= added;
    room -= added;
  }
  return copies;
}

/** The loop that is being unrolled. */
export interface Unrolling {
  readonly type: FuncType;
  readonly typeBytes: Uint8Array;
  /** Where its body starts in the original, and the numbers of its first block of fuel and of its label. */
  readonly start: number;
  readonly block: number;
  readonly label: number;
  /** What is asked for when the check fails: what is owed, and the cost of the first block; unmetered: what the iterations have subtracted. */
  readonly cost: number;
  /** What is pending at the start of the first copy, and when the last one begins it again. */
  readonly owed: number;
  /** The count with which all copies can run. */
  readonly bound: number;
  /** The emitted position of the block around everything, and where the paths that fall out of a copy merge. */
  readonly exit: number;
  readonly exitPoint: MergePoint;
  /** How many copies follow the current one. */
  copiesLeft: number;
  /** The check of the loop covers all blocks inside. */
  covered: boolean;
}

/** Returns the count that the check of an unrolled loop requires: what all copies take, and what must be left afterwards. */
export function boundOf(
  { loopWeights }: FunctionPlan,
  loop: number,
  copies: number,
  places: Pick<MeterPlaces, 'metered' | 'innerCost'>,
): number {
  return threshold(places, Math.max(1, loopWeights[loop]!) * copies);
}
