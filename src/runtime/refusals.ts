// What limits refused the guest in the call that runs, where it was told so (by -1, null or an errno) and went on: if it dies of that, its error says so.
// Refuses nothing itself.
import { type LimitName, limitRow } from '../wasm/limit-table.js';

/** Keeps a limit, and the amount of it that refused something last; undefined: nothing since that was forgotten. */
export interface Refuser {
  refusedBy: number | undefined;
}
/** What was refused, where it is no growth. */
const NOUNS: Partial<Record<LimitName, string>> = { openFiles: 'opening files' };

export class Refusals {
  readonly #of: (readonly [LimitName, Refuser])[];

  constructor(...of: (readonly [LimitName, Refuser])[]) {
    this.#of = of;
  }
  add(limit: LimitName, refuser: Refuser): void {
    this.#of.push([limit, refuser]);
  }
  /** A call begins. */
  forget(): void {
    for (const [, refuser] of this.#of) refuser.refusedBy = undefined;
  }
  /** Which limits refused something, and what raises them; undefined where none did. */
  get text(): string | undefined {
    const parts = this.#of.flatMap(([name, { refusedBy }]) => {
      if (refusedBy === undefined) return [];
      const { unit, option } = limitRow(name);
      const command = option ? `; --${option.name} of enclasm run` : '';
      return `${NOUNS[name] ?? 'growth'} beyond limits.${name} (${refusedBy} ${unit}${command})`;
    });
    if (parts.length === 0) return undefined;
    return `${parts.join(' and ')} ${parts.length > 1 ? 'were' : 'was'} refused: raise ${parts.length > 1 ? 'them' : 'it'} if the guest needs more`;
  }
}
