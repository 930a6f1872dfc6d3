// Names for objects that must not be pointed at: whole numbers, tagged with a kind, never used twice, 0 never valid.
// Refuses a handle that was made up, is of another kind, or whose object is gone; the error says which of the three.

/** A handle that does not name a live object, or a table that is full. */
export class HandleError extends Error {
  override readonly name = 'HandleError';
}

const KIND_BITS = 4;
const KINDS = 2 ** KIND_BITS;
const COUNTER_LIMIT = 2 ** (53 - KIND_BITS);
/** The handles that one epoch can give: a table of the next epoch accepts none of them. */
const EPOCH_SIZE = 2 ** 32;

/** `Kinds` maps the name of each kind to the type of its objects. */
export class HandleTable<Kinds extends { readonly [kind: string]: unknown }> {
  readonly #kinds: readonly (keyof Kinds & string)[];
  readonly #capacity: number;
  readonly #objects = new Map<number, unknown>();
  readonly #counts: number[];
  readonly #first: number;
  #next: number;

  /**
   * @param kinds at most 16 names, in an order that never changes
   * @param capacity the most objects alive at once
   * @param epoch 0 to 65535: tables of different epochs share no handle
   */
  constructor(kinds: readonly (keyof Kinds & string)[], capacity = 65_536, epoch = 0) {
    if (kinds.length > KINDS) throw new RangeError(`a handle table has at most ${KINDS} kinds`);
    this.#kinds = kinds;
    this.#capacity = capacity;
    this.#counts = kinds.map(() => 0);
    this.#first = this.#next = epoch * EPOCH_SIZE + 1;
  }

  /** The number of live objects, of one kind or of all. */
  count(kind?: keyof Kinds & string): number {
    return kind === undefined ? this.#objects.size : this.#counts[this.#kinds.indexOf(kind)]!;
  }

  /** The number of handles ever given. */
  get given(): number {
    return this.#next - this.#first;
  }

  /** Gives an object a handle. Throws a HandleError when the table is full. */
  add<K extends keyof Kinds & string>(kind: K, object: Kinds[K]): number {
    if (this.#objects.size >= this.#capacity || this.#next >= COUNTER_LIMIT) {
      throw new HandleError(`handle table full (${this.#capacity} objects)`);
    }
    const index = this.#kinds.indexOf(kind);
    const handle = this.#next++ * KINDS + index;
    this.#objects.set(handle, object);
    this.#counts[index] = this.#counts[index]! + 1;
    return handle;
  }

  /** Returns the object of a live handle. Throws a HandleError. */
  get<K extends keyof Kinds & string>(kind: K, handle: number): Kinds[K] {
    if (this.#kinds[handle % KINDS] === kind) {
      const object = this.#objects.get(handle);
      if (object !== undefined) return object as Kinds[K];
    }
    throw this.#refusal(kind, handle);
  }

  /** Ends a handle; its number is never given again. Throws a HandleError if it is not live. */
  remove<K extends keyof Kinds & string>(kind: K, handle: number): Kinds[K] {
    const object = this.get(kind, handle);
    this.#objects.delete(handle);
    const index = handle % KINDS;
    this.#counts[index] = this.#counts[index]! - 1;
    return object;
  }

  /** Returns the live objects of a kind with their handles, oldest first. */
  *entries<K extends keyof Kinds & string>(kind: K): Generator<[number, Kinds[K]]> {
    const index = this.#kinds.indexOf(kind);
    for (const [handle, object] of this.#objects) if (handle % KINDS === index) yield [handle, object as Kinds[K]];
  }

  /** Ends every handle. The numbers continue from the last one. */
  clear(): void {
    this.#objects.clear();
    this.#counts.fill(0);
  }

  #refusal(kind: string, handle: number): HandleError {
    const counter = Math.floor(handle / KINDS);
    const given = counter >= this.#first && counter < this.#next;
    const actual = this.#kinds[handle % KINDS];
    let why = 'it was never given';
    if (handle === 0) why = '0 names nothing';
    else if (given && actual !== undefined && actual !== kind) why = `it is a handle of kind ${actual}`;
    else if (given) why = `the ${kind} is gone`;
    return new HandleError(`invalid ${kind} handle ${handle}: ${why}`);
  }
}
