// A list that does not keep its members alive, in the order in which they were added. Refuses nothing: in a JavaScript engine without weak references
// it keeps them until they are deleted.

interface Reference<T> {
  deref(): T | undefined;
}
function referenceTo<T extends object>(member: T): Reference<T> {
  return typeof WeakRef === 'undefined' ? { deref: () => member } : new WeakRef(member);
}

/** References to members that are gone are looked for when the list has doubled, but not in one that is shorter than this. */
const SHORT = 32;

export class WeakList<T extends object> {
  readonly #references = new Set<Reference<T>>();
  readonly #of = new WeakMap<T, Reference<T>>();
  #sweepAt = SHORT;

  /** Whether it has no members; one that is gone may still count. */
  get isEmpty(): boolean {
    return this.#references.size === 0;
  }
  add(member: T): void {
    if (this.#of.has(member)) return;
    if (this.#references.size >= this.#sweepAt) this.#sweep();
    const reference = referenceTo(member);
    this.#of.set(member, reference);
    this.#references.add(reference);
  }
  delete(member: T): boolean {
    const reference = this.#of.get(member);
    if (reference === undefined) return false;
    this.#of.delete(member);
    return this.#references.delete(reference);
  }
  *[Symbol.iterator](): Generator<T, void> {
    for (const reference of this.#references) {
      const member = reference.deref();
      if (member !== undefined) yield member;
    }
  }
  #sweep(): void {
    for (const reference of this.#references) {
      if (reference.deref() === undefined) this.#references.delete(reference);
    }
    this.#sweepAt = Math.max(SHORT, this.#references.size * 2);
  }
}
