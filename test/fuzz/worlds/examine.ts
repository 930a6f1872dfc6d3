// One world in every configuration of modes: each must do the same, step by step, and nobody may touch those who share nothing.
// Refuses nothing.
import type { Engine } from '#src/runtime/engine.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { buildModule } from './build.js';
import { play, type Transcript } from './play.js';
import { EnclasmSide, type ModeOf } from './sides/enclasm.js';
import { NativeSide } from './sides/native.js';
import type { World } from './world.js';

/** Who runs a world: our runtime in one mode, in several at once, or with asynchronous calls; or the host's own WebAssembly. */
export interface Configuration {
  readonly name: string;
  readonly modeOf: ModeOf | 'native';
  readonly pauses: boolean;
}

export interface Difference {
  /** The two who disagree, or the one with whom something happened that must not be. */
  readonly who: readonly string[];
  readonly step: number;
  /** The lines of both, or what happened. */
  readonly lines: readonly string[];
  readonly kind: 'canary' | 'difference' | 'leak';
}

const MIXTURE: readonly RunningMode[] = ['interp', 'jit', 'aot'];

export function configurationsOf(modes: readonly string[], native: boolean): Configuration[] {
  const list: Configuration[] = modes.map((mode) => ({
    name: mode,
    modeOf: () => mode as RunningMode,
    pauses: false,
  }));
  if (modes.includes('interp')) list.push({ name: 'interp, asynchronous', modeOf: () => 'interp', pauses: true });
  const mixture = MIXTURE.filter((mode) => modes.includes(mode));
  if (mixture.length > 1) {
    list.push({ name: 'mixed', modeOf: (slot) => mixture[(slot + 60) % mixture.length]!, pauses: false });
  }
  if (native) list.push({ name: 'native', modeOf: 'native', pauses: false });
  return list;
}

/** The steps that a host's own WebAssembly has. */
function nativePart(world: World): World | undefined {
  const ends = (steps: World['steps']): number => steps.findIndex((step) => step.do === 'end');
  if (world.hooks.some((steps) => ends(steps) >= 0)) return undefined;
  const end = ends(world.steps);
  return end < 0 ? world : { ...world, steps: world.steps.slice(0, end) };
}

/** A function with try_table: a host that has it has all that worlds use. */
const NEWEST = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 2, 0x40, 0x1f, 0x40, 1, 2, 0, 0x0b, 0x0b, 0x0b],
);
const HAS_NEWEST = WebAssembly.validate(NEWEST);

/** The bytes of the modules for each mode: to be large means something to mode jit alone. */
function modulesOf({ modules, level }: World): (mode: RunningMode) => readonly Uint8Array[] {
  const build = (large: boolean): readonly Uint8Array[] =>
    modules.map((shape) => buildModule({ ...shape, large: shape.large && large }, level));
  const made = new Map<boolean, readonly Uint8Array[]>();
  return (mode) => {
    const large = mode === 'jit';
    const found = made.get(large) ?? build(large);
    made.set(large, found);
    return found;
  };
}

/** Plays it; undefined where this configuration cannot. */
export async function playIn(
  world: World,
  { name, modeOf, pauses }: Configuration,
  engines: readonly Engine[],
): Promise<Transcript | undefined> {
  if ((name === 'host' || modeOf === 'native') && world.level !== 'plain' && !HAS_NEWEST) return undefined;
  if (modeOf !== 'native') return play(world, new EnclasmSide(world, modulesOf(world), engines, modeOf, pauses));
  const part = nativePart(world);
  return part && play(part, new NativeSide(part, modulesOf(world)('host')));
}

/** Whether two lines say the same; the host's words for a trap may stand for several of ours. */
function agree(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  // Nobody can read what a start function throws with a tag of its own: the judge has no instance to get the tag from.
  if (theirs.endsWith('-> exception') && ours.startsWith(`${theirs} `)) return true;
  const [start, trap] = theirs.split('-> trap ');
  if (trap === undefined || !ours.startsWith(`${start}-> trap `)) return false;
  const own = ours.slice(`${start}-> trap `.length);
  // Of what kind a reference was that is null the host does not say.
  return trap.split('|').some((text) => own === text || (text === 'null' && /^null \w+ reference$/.test(own)));
}

function stepOf({ starts }: Transcript, line: number): number {
  let found = 0;
  for (const [step, start] of starts) if (start <= line) found = step;
  return found;
}

/** The first line that differs. @param part so many lines only */
export function compare(
  a: string,
  ours: Transcript,
  b: string,
  theirs: Transcript,
  part?: number,
): Difference | undefined {
  const most = part ?? Math.max(ours.lines.length, theirs.lines.length);
  for (let i = 0; i < most; i++) {
    const [left = 'nothing', right = 'nothing'] = [ours.lines[i], theirs.lines[i]];
    // A call within a native may be in any function that others hold; of a paused one it is known in which it is. Nothing can be compared after that.
    if (/cannot end while calls are on their way/.test(left) && /^ +(end)? *-> ended/.test(right)) return undefined;
    if (!agree(left, right)) return { who: [a, b], step: stepOf(ours, i), lines: [left, right], kind: 'difference' };
  }
  return undefined;
}

/** How many lines of a transcript a configuration has; undefined: all. */
export function partOf(world: World, { modeOf }: Configuration, { starts }: Transcript): number | undefined {
  const end = world.steps.findIndex((step) => step.do === 'end');
  return modeOf === 'native' && end >= 0 ? starts.get(end) : undefined;
}

function incidentOf(name: string, { incidents }: Transcript): Difference | undefined {
  const [first] = incidents;
  if (first === undefined) return undefined;
  const step = Number(/^step (\d+)/.exec(first)?.[1] ?? -1);
  return { who: [name], step, lines: incidents, kind: step >= 0 || first.startsWith('at') ? 'canary' : 'leak' };
}

export interface Examined {
  readonly differences: readonly Difference[];
  readonly steps: number;
  /** Of the first configuration, which all others are compared with. */
  readonly transcript: Transcript | undefined;
}

/** Plays a world in all configurations; the first one that can is what the others are compared with. */
export async function examineWorld(
  world: World,
  configurations: readonly Configuration[],
  engines: readonly Engine[],
): Promise<Examined> {
  const differences: Difference[] = [];
  let first: { readonly name: string; readonly transcript: Transcript } | undefined;
  for (const configuration of configurations) {
    const { name } = configuration;
    const transcript = await playIn(world, configuration, engines);
    if (transcript === undefined) continue;
    const incident = incidentOf(name, transcript);
    if (incident) differences.push(incident);
    first ??= { name, transcript };
    const part = partOf(world, configuration, first.transcript);
    const difference = compare(first.name, first.transcript, name, transcript, part);
    if (difference) differences.push(difference);
  }
  return { differences, steps: first?.transcript.starts.size ?? 0, transcript: first?.transcript };
}
