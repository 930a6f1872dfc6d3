// A host that can be asked what it can do. Refuses nothing: what goes wrong there is the answer.
import type { Ability } from './host-table.js';

export interface AskedHost {
  /** @returns undefined: it can; else what it says instead */
  ask(ability: Ability): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What an answer is, where it must be undefined and is not. */
export function difference(given: unknown, wanted: unknown): string | undefined {
  const [a, b] = [given, wanted].map((one) => JSON.stringify(one));
  return a === b ? undefined : `it gives ${a}, not ${b}`;
}
