// A part of the guest's memory that the page wishes to see while the guest runs and hears no messages: one wish at a time, in memory that both threads have.
// The enclave looks whenever the guest comes to a check. Refuses nothing; where pages share no memory there are no wishes.

/** The largest part, so that the copy costs the guest little. */
export const MOST_WISH_BYTES = 1 << 20;
const CONTROL_BYTES = 8;
/** 1 while there is a wish; behind it, address and length as doubles. */
const IS_WISHED = 0;

export class MemoryWish {
  readonly memory: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #range: Float64Array;

  constructor(memory = new SharedArrayBuffer(CONTROL_BYTES + 16)) {
    this.memory = memory;
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#range = new Float64Array(memory, CONTROL_BYTES, 2);
  }
  /** On the page. The wish before it must have been answered. */
  wish(address: number, length: number): void {
    this.#range[0] = address;
    this.#range[1] = length;
    Atomics.store(this.#control, IS_WISHED, 1);
  }
  /** In the enclave: the wish, which is gone then; undefined: there is none. */
  take(): { readonly address: number; readonly length: number } | undefined {
    if (Atomics.load(this.#control, IS_WISHED) === 0) return undefined;
    const [address, length] = this.#range as unknown as [number, number];
    Atomics.store(this.#control, IS_WISHED, 0);
    return { address, length: Math.min(length, MOST_WISH_BYTES) };
  }
}
