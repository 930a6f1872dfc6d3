// Says of a failure what it was like, from the smallest world that still fails: which order of events it needs, and which mode went
// wrong. Guesses where it cannot know, and says nothing about what is right.

import type { Engine } from '#src/runtime/engine.js';
import { type Configuration, compare, type Difference, examineWorld, partOf, playIn } from './examine.js';
import type { Transcript } from './play.js';
import type { Statement, Step, World } from './world.js';

/** The orders of events that the plans aim at. */
export const KINDS = {
  link: 'compiled code that was linked before a memory moved touches the old place',
  ended: 'a function of an instance that ended, or never was, is called',
  views: 'the interpreter touches the old place of a memory that grew in another instance',
  paused: 'a memory moves while an asynchronous call that uses it is paused',
  references: 'references of a paused call are lost',
  leak: 'something is not given back',
  other: 'something else',
} as const;
export type FailureKind = keyof typeof KINDS;

const HOLDING: readonly Statement['do'][] = ['hold', 'held', 'mark', 'sharedObject', 'reference', 'getGlobal'];

function someStatement(world: World, is: (one: Statement) => boolean): boolean {
  const within = (body: readonly Statement[]): boolean =>
    body.some(
      (one) =>
        is(one) ||
        ((one.do === 'loop' || one.do === 'try') && within(one.body)) ||
        (one.do === 'try' && within(one.handler)),
    );
  return world.modules.some(({ functions }) => functions.some(within));
}

/** The same world, in which no memory grows. */
function withoutGrowth(world: World): World {
  return JSON.parse(JSON.stringify(world), (_, value) => (value?.do === 'grow' ? { ...value, by: 0 } : value)) as World;
}

function steps(world: World): Step[] {
  return [...world.steps, ...world.hooks.flat()];
}

/** Whether an instantiation failed: the line after it says how. */
function failedBirth({ lines }: Transcript): boolean {
  return lines.some(
    (line, i) =>
      (/"instantiate"/.test(line) || /^ {4}instantiate/.test(line)) &&
      /-> (trap|exception|LinkError)/.test(line + lines.slice(i + 1).find((next) => next.startsWith('  ->'))),
  );
}

/** Those who do otherwise than most. */
async function minority(
  world: World,
  configurations: readonly Configuration[],
  engines: readonly Engine[],
): Promise<{ readonly names: readonly string[]; readonly transcripts: readonly Transcript[] }> {
  const groups: { readonly names: string[]; readonly transcript: Transcript }[] = [];
  for (const configuration of configurations) {
    const { name } = configuration;
    const transcript = await playIn(world, configuration, engines);
    if (transcript === undefined) continue;
    const same = groups.find(
      (group) =>
        transcript.incidents.length === 0 &&
        !compare('', group.transcript, '', transcript, partOf(world, configuration, group.transcript)),
    );
    if (same) same.names.push(name);
    else groups.push({ names: [name], transcript });
  }
  const most = Math.max(...groups.map(({ names }) => names.length));
  const odd = groups.filter(({ names }) => names.length < most);
  return { names: odd.flatMap(({ names }) => names), transcripts: groups.map(({ transcript }) => transcript) };
}

/** @param world the smallest that still fails */
export async function classify(
  world: World,
  difference: Difference,
  configurations: readonly Configuration[],
  engines: readonly Engine[],
): Promise<{ readonly kind: FailureKind; readonly wrong: readonly string[] }> {
  const { names, transcripts } = await minority(world, configurations, engines);
  const failsSo = async (other: World): Promise<boolean> => {
    const both = configurations.filter(({ name }) => difference.who.includes(name));
    const { differences } = await examineWorld(other, both, engines);
    return differences.some((one) => one.kind === difference.kind);
  };
  const kind = async (): Promise<FailureKind> => {
    if (transcripts.some(failedBirth) || steps(world).some((step) => step.do === 'end')) return 'ended';
    if (difference.kind === 'leak') return 'leak';
    if (names.includes('interp')) return 'views';
    if (difference.who.includes('interp, asynchronous') && steps(world).some((step) => step.do === 'begin')) {
      if (!(await failsSo(withoutGrowth(world)))) return 'paused';
      const holds = (one: Statement): boolean => HOLDING.includes(one.do);
      return someStatement(world, holds) ? 'references' : 'other';
    }
    if (names.includes('jit') || names.includes('aot')) return 'link';
    return names.includes('mixed') ? 'views' : 'other';
  };
  return { kind: await kind(), wrong: names };
}
