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
  readonly #limits: LimitName[] = [];
  readonly #refusers: Refuser[] = [];

  constructor(...of: (readonly [LimitName, Refuser])[]) {
    for (const [limit, refuser] of of) this.add(limit, refuser);
  }
  add(limit: LimitName, refuser: Refuser): void {
    this.#limits.push(limit);
    this.#refusers.push(refuser);
  }
  /** A call begins. */
  forget(): void {
    for (let k = 0; k < this.#refusers.length; k++) this.#refusers[k]!.refusedBy = undefined;
  }
  /** Which limits refused something, and what raises them; undefined where none did. */
  get text(): string | undefined {
    const parts = this.#refusers.flatMap(({ refusedBy }, k) => {
      if (refusedBy === undefined) return [];
      const name = this.#limits[k]!;
      const { unit, option } = limitRow(name);
      const command = option ? `; --${option.name} of enclasm run` : '';
      return `${NOUNS[name] ?? 'growth'} beyond limits.${name} (${refusedBy} ${unit}${command})`;
    });
    if (parts.length === 0) return undefined;
    return `${parts.join(' and ')} ${parts.length > 1 ? 'were' : 'was'} refused: raise ${parts.length > 1 ? 'them' : 'it'} if the guest needs more`;
  }
}
