// A list that does not keep its members alive, in the order in which they were added. Refuses nothing: in a JavaScript engine without weak references
// it keeps them until they are deleted.

/**
 * A member's place, which lives as long as the member. JavaScript keeps what a weak reference was made of until the present task ends: that is the place,
 * so that a member which was deleted is free at once.
 */
interface Place<T> {
  member: T | undefined;
}
interface Reference<T> {
  deref(): T | undefined;
}
function referenceTo<T extends object>(target: T): Reference<T> {
  return typeof WeakRef === 'undefined' ? { deref: () => target } : new WeakRef(target);
}

/** References to members that are gone are looked for when the list has doubled, but not in one that is shorter than this. */
const SHORT = 32;

export class WeakList<T extends object> {
  readonly #references = new Set<Reference<Place<T>>>();
  readonly #of = new WeakMap<T, { readonly place: Place<T>; readonly reference: Reference<Place<T>> }>();
  #sweepAt = SHORT;

  /** Whether it has no members; one that is gone may still count. */
  get isEmpty(): boolean {
    return this.#references.size === 0;
  }
  add(member: T): void {
    if (this.#of.has(member)) return;
    if (this.#references.size >= this.#sweepAt) this.#sweep();
    const place: Place<T> = { member };
    const reference = referenceTo(place);
    this.#of.set(member, { place, reference });
    this.#references.add(reference);
  }
  delete(member: T): boolean {
    const known = this.#of.get(member);
    if (known === undefined) return false;
    this.#of.delete(member);
    known.place.member = undefined;
    return this.#references.delete(known.reference);
  }
  *[Symbol.iterator](): Generator<T, void> {
    for (const reference of this.#references) {
      const member = reference.deref()?.member;
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
