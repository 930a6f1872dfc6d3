// Disjoint sets of small integers. An integer that was never joined with another is a set of its own.

export class DisjointSets {
  readonly #parents: number[] = [];

  /** Returns the representative of the set; it stays the same until the set is joined with another. */
  find(i: number): number {
    let root = i;
    for (let parent = this.#parents[root]; parent !== undefined && parent !== root; parent = this.#parents[root]) {
      root = parent;
    }
    this.#parents[i] = root;
    return root;
  }
  join(a: number, b: number): void {
    this.#parents[this.find(a)] = this.find(b);
  }
}
