// One module through all of our modes: is it valid, what does it do, do the modes agree. Deterministic for its bytes and its seed.
import { decode } from '#src/binary/decode.js';
import { validate } from '#src/validate/validate.js';
import { EnclasmError } from '#src/wasm/errors.js';
import type { FeatureSet } from '#src/wasm/features.js';
import type { ValidatedModule } from '#src/wasm/module.js';
import { compareExactly, compareVisible, type Difference } from './compare.js';
import { incomparable, incomparableIn, waits } from './differences.js';
import { type Mode, STARVED, VARIANTS, type Variant } from './modes.js';
import { makePlan, type Plan } from './plan.js';
import { Random } from './random.js';
import { canonicalise, expose } from './rewrite.js';
import { EnclasmGuest } from './targets/enclasm.js';
import { type Extent, play, type Transcript } from './transcript.js';

/** What another implementation is asked to do with the module. */
export interface ForOthers {
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  readonly extent: Extent;
}

export interface Examined {
  /** "valid", or our error. */
  readonly validity: string;
  /** What our first mode did; undefined where nothing ran. */
  readonly transcript: Transcript | undefined;
  /** Among our own modes, and what is a bug whatever others say. */
  readonly differences: readonly Difference[];
  readonly forOthers: ForOthers | undefined;
  /** Why other implementations do not run it. */
  readonly skipped: string | undefined;
}

const NO_LIMIT: Extent = { calls: 1_000, state: true };

function validityOf(bytes: Uint8Array, features: FeatureSet): ValidatedModule | string {
  try {
    return validate(decode(bytes, { features }), { features });
  } catch (error) {
    if (error instanceof EnclasmError && error.kind !== 'internal') return `${error.name}: ${error.message}`;
    throw error;
  }
}

function runIn({ engine }: Mode, variant: Variant, bytes: Uint8Array, plan: Plan, extent: Extent): Transcript {
  const guest = new EnclasmGuest(engine, variant);
  try {
    return play(guest, bytes, plan, extent);
  } finally {
    guest.dispose();
  }
}

/** @param features what is on, here and there */
export function examine(bytes: Uint8Array, seed: number, modes: readonly Mode[], features: FeatureSet): Examined {
  const nothing = { transcript: undefined, forOthers: undefined, skipped: undefined };
  try {
    const module = validityOf(bytes, features);
    if (typeof module === 'string') return { ...nothing, validity: module, differences: [] };
    return { validity: 'valid', ...run(module, seed, modes, features) };
  } catch (error) {
    // Any error that is not for embedders: a bug, whatever another implementation makes of the module.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...nothing, validity: 'BUG', differences: [{ who: 'an error of ours', ours: text, theirs: '' }] };
  }
}

function run(
  original: ValidatedModule,
  seed: number,
  modes: readonly Mode[],
  features: FeatureSet,
): Omit<Examined, 'validity'> {
  const random = new Random(seed);
  const none = { transcript: undefined, differences: [], forOthers: undefined };
  if (waits(original)) return { ...none, skipped: 'it would wait for a thread that is not there' };
  const bytes = expose(original, random);
  const module = validityOf(bytes, features);
  if (typeof module === 'string') throw new Error(`written again it is not valid any more: ${module}`);
  const plan = makePlan(module, random);
  if (plan === undefined) return { ...none, skipped: 'its imports cannot be made' };
  const able = modes.filter(
    ({ name, engine }) => engine.missingFeatures(module).length === 0 && incomparableIn(name, module) === undefined,
  );
  const [first] = able;
  if (first === undefined) return { ...none, skipped: 'no mode has its features' };

  const reference = runIn(first, VARIANTS[0]!, bytes, plan, NO_LIMIT);
  const extent: Extent = { calls: reference.calls, state: reference.stopped === undefined };
  const rewritten = canonicalise(module);
  const differences = reference.lines
    .filter((line) => line.includes('BUG'))
    .map((line) => ({ who: `${first.name} ${VARIANTS[0]!.name}`, ours: line, theirs: '' }));
  for (const mode of able) {
    for (const variant of VARIANTS) {
      if (mode === first && variant === VARIANTS[0]) continue;
      const found = compareVariant(mode, variant, { reference, extent, bytes, rewritten, plan });
      if (found) differences.push(found);
    }
  }
  if (able.length > 1) {
    const starved = runIn(first, STARVED, bytes, plan, NO_LIMIT);
    for (const mode of able.slice(1)) {
      const found = compareExactly(`${mode.name} starved`, starved, runIn(mode, STARVED, bytes, plan, NO_LIMIT));
      if (found) differences.push(found);
    }
  }
  const skipped = reference.instantiated ? incomparable(module) : `instantiation: ${reference.stopped}`;
  const forOthers = skipped === undefined ? { bytes: rewritten, plan, extent } : undefined;
  return { transcript: reference, differences, forOthers, skipped };
}

interface Subject {
  readonly reference: Transcript;
  readonly extent: Extent;
  readonly bytes: Uint8Array;
  readonly rewritten: Uint8Array;
  readonly plan: Plan;
}

function compareVariant(mode: Mode, variant: Variant, subject: Subject): Difference | undefined {
  const { reference, extent, bytes, rewritten, plan } = subject;
  const who = `${mode.name} ${variant.name}`;
  if (variant.metered) return compareExactly(who, reference, runIn(mode, variant, bytes, plan, NO_LIMIT));
  if (!reference.instantiated) return undefined;
  const other = runIn(mode, variant, variant.rewritten ? rewritten : bytes, plan, extent);
  // The functions of the rewritten module nest deeper: there may be room for fewer calls.
  if (other.stopped !== undefined && /callDepth|memory budget/.test(other.stopped)) return undefined;
  return compareVisible(who, reference, other);
}
