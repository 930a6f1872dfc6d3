// WAMR's context keys: a library keeps a value with each instance, and a destructor gets it when the instance ends.
// Refuses use after the key was destroyed.
import { UsageError } from '../../wasm/errors.js';

/** A key under which each instance can keep a value: WAMR's context key. */
export class ContextKey<T> {
  /** @internal */
  readonly destructor: ((value: T) => void) | undefined;
  #destroyed = false;

  /** @internal Use Runtime.createContextKey. */
  constructor(destructor: ((value: T) => void) | undefined) {
    this.destructor = destructor;
  }
  /** Ends the key. The destructor still gets the values of instances when they end. */
  destroy(): void {
    this.#destroyed = true;
  }
  /** @internal @throws UsageError */
  checkAlive(): void {
    if (this.#destroyed) throw new UsageError('this context key has been destroyed');
  }
}
