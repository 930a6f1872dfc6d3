// What many machines send each other, by a simulation (serve/bench/simulation.mjs): the same figures on every machine, as time and chance are its own.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, plain } from './harness.js';

const SIMULATION = join(fileURLToPath(new URL('../..', import.meta.url)), 'serve/bench/simulation.mjs');
const NODES = [10, 100, 1_000];

interface Figures {
  readonly leaves: number;
  /** A second, of each node and at the hub. */
  readonly nodeMessages: number;
  readonly nodeBytes: number;
  readonly hubMessages: number;
  readonly hubBytes: number;
  /** Of all calls. */
  readonly passedPart: number;
  readonly waitedPart: number;
  readonly refusedPart: number;
  readonly unavailable: number;
  /** Of slices, a second. */
  readonly writes: number;
  readonly conflicts: number;
  readonly mostOfBudget: number;
  /** Of one new module of 4 MiB, at the hub. */
  readonly moduleMessages: number;
  readonly moduleBytes: number;
}
const MIB = 1 << 20;

function rowsOf(nodes: number, found: Figures): BenchRow[] {
  const of = (what: string): string => `${nodes} nodes: ${what}`;
  return [
    plain(of('leaf nodes'), found.leaves, ''),
    plain(of('messages of a node'), found.nodeMessages, '/s'),
    plain(of('of a node'), found.nodeBytes / 1_024, 'KiB/s'),
    plain(of('messages at the hub'), found.hubMessages, '/s'),
    plain(of('at the hub'), found.hubBytes / 1_024, 'KiB/s'),
    plain(of('calls passed on'), 100 * found.passedPart, '%'),
    plain(of('calls that wait'), 100 * found.waitedPart, '%'),
    plain(of('calls beyond a budget'), 100 * found.refusedPart, '%'),
    atMost(of('calls without an answer of the bucket'), found.unavailable, 'calls', 0),
    plain(of('slices taken'), found.writes, '/s'),
    plain(of('slices that another took first'), found.conflicts, '/s'),
    atMost(of('most of a budget that was used'), 100 * found.mostOfBudget, '%', 100),
    plain(of('messages at the hub, for a new module'), found.moduleMessages, ''),
    plain(of('at the hub, for a new module'), found.moduleBytes / MIB, 'MiB'),
  ];
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const { simulate } = (await import(pathToFileURL(SIMULATION).href)) as {
    simulate(nodes: number): Promise<Figures>;
  };
  const results: BenchRow[] = [];
  for (const nodes of quick ? NODES.slice(0, 2) : NODES) results.push(...rowsOf(nodes, await simulate(nodes)));
  return { name: 'serve-simulation', results };
}
