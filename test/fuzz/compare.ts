// Whether two transcripts say the same.
import type { Transcript } from './transcript.js';

export interface Difference {
  /** What disagrees with what. */
  readonly who: string;
  readonly ours: string;
  readonly theirs: string;
}

const TRAP = / -> trap (.*)$/;

/** Where an instruction does two wrongs at once, all traps are one to the specification; versions of V8 look at them in different orders. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'unaligned atomic': ['out of bounds memory access'],
  'out of bounds memory access': ['unaligned atomic'],
  // array.copy from null to beyond the end.
  'out of bounds array access': ['null array reference'],
};

/** A host's words may stand for several traps, of which a text may be the beginning. */
function sameLine(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  const own = TRAP.exec(ours);
  const other = TRAP.exec(theirs);
  if (own === null || other === null || ours.slice(0, own.index) !== theirs.slice(0, other.index)) return false;
  return [...other[1]!.split('|'), ...(ALSO[other[1]!] ?? [])].some((text) => own[1]!.startsWith(text));
}

function firstDifference(ours: readonly string[], theirs: readonly string[]): Omit<Difference, 'who'> | undefined {
  const length = Math.max(ours.length, theirs.length);
  for (let i = 0; i < length; i++) {
    const [own = '(nothing)', other = '(nothing)'] = [ours[i], theirs[i]];
    if (!sameLine(own, other)) return { ours: own, theirs: other };
  }
  return undefined;
}

/** Everything, exact fuel included: two metered variants. */
export function compareExactly(who: string, ours: Transcript, theirs: Transcript): Difference | undefined {
  const found = firstDifference(ours.lines, theirs.lines) ?? firstDifference(ours.fuel, theirs.fuel);
  return found && { who, ...found };
}

/** What the other side was asked to do, which it did to the end. */
export function compareVisible(who: string, ours: Transcript, theirs: Transcript): Difference | undefined {
  const found = firstDifference(ours.lines, theirs.lines);
  return found && { who, ...found };
}
