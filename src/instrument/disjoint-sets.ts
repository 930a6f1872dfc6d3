// Disjoint sets of small numbers. A number that nothing was joined with is a set of its own.

export class DisjointSets {
  readonly #parents: number[] = [];

  /** The number that stands for the set; it is the same until the set is joined with another. */
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
