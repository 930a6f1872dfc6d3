// The f32 locals of a function: which of them may hold a signalling NaN, and of which the bits are significant. Only if both are true must the NaN be
// made an f64 NaN with the same payload when it is assigned. The first pass over a function learns this, the second uses it.
import { F32, type ValType } from '../../wasm/types.js';

/** Adds everything that can be reached along the edges. */
function spread(reached: Set<number>, edges: readonly (readonly [from: number, to: number])[]): void {
  const next = new Map<number, number[]>();
  for (const [from, to] of edges) {
    const known = next.get(from);
    if (known) known.push(to);
    else next.set(from, [to]);
  }
  // A Set is iterated in the order of insertion, including what is added meanwhile.
  for (const one of reached) for (const to of next.get(one) ?? []) reached.add(to);
}

export class FloatLocals {
  #types: readonly ValType[] = [];
  /** What the previous pass has learned; in the first pass, all f32 locals. */
  #exact: ReadonlySet<number> = new Set();
  #mayBeSignalling: ReadonlySet<number> = new Set();
  /** What this pass learns: locals that were assigned what may be a signalling NaN, and those whose bits were read. */
  #assigned = new Set<number>();
  #readExactly = new Set<number>();
  /** Pairs of the source and the target of a copy. */
  #copies: (readonly [number, number])[] = [];
  /** The locals that hold a quiet value at this point of straight-line code. */
  readonly #quietLocals = new Set<number>();

  beginFunction(types: readonly ValType[]): void {
    this.#types = types;
    this.#exact = new Set(types.keys());
    this.#mayBeSignalling = this.#exact;
  }
  beginPass(params: readonly ValType[]): void {
    this.#assigned = new Set();
    this.#readExactly = new Set();
    this.#copies = [];
    this.#quietLocals.clear();
    params.forEach((type, local) => {
      if (type === F32) this.#assigned.add(local);
    });
  }
  /** @returns whether a local was treated with more care than it needs: then another pass writes better code */
  learn(): boolean {
    spread(this.#assigned, this.#copies);
    spread(
      this.#readExactly,
      this.#copies.map(([from, to]) => [to, from]),
    );
    const assigned = this.#assigned;
    const readExactly = this.#readExactly;
    const isInexact = this.#types.some((type, local) => type === F32 && readExactly.has(local) !== assigned.has(local));
    if (isInexact) {
      this.#mayBeSignalling = assigned;
      this.#exact = new Set([...assigned].filter((local) => readExactly.has(local)));
    }
    return isInexact;
  }

  /** Called where control flow merges: what locals hold is then unknown. */
  forget(): void {
    this.#quietLocals.clear();
  }
  isQuiet(local: number): boolean {
    return this.#types[local] === F32 && (this.#quietLocals.has(local) || !this.#mayBeSignalling.has(local));
  }
  /** @param from the local whose value it is, or -1 @returns whether the value must be made exact */
  assign(local: number, from: number, isQuiet: boolean): boolean {
    if (isQuiet) this.#quietLocals.add(local);
    else {
      this.#quietLocals.delete(local);
      if (from >= 0) this.#copies.push([from, local]);
      else this.#assigned.add(local);
    }
    return from < 0 && this.#exact.has(local);
  }
  /** Records that the bits of a local that may hold a signalling NaN are significant. */
  readExactly(local: number): void {
    this.#readExactly.add(local);
  }
}
