// One native instance: the JavaScript engine's part of an instance, and the hooks that its instrumented code calls (instrument/hooks.ts). Guests
// cannot catch what a hook throws.
import type { HookName } from '../../instrument/hooks.js';
import type { InstrumentOptions } from '../../instrument/instrument-options.js';
import { atomicNotify, atomicWait, checkAligned } from '../../runtime/atomics.js';
import { endedFunctionError } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { makeCharged } from '../../runtime/object-charge.js';
import { InternalError, Trap } from '../../wasm/errors.js';
import { growthFuel } from '../../wasm/fuel.js';
import { InstanceCounters, StackCounter, type StoreCounters } from './counters.js';
import type { CurrentCall } from './current-call.js';
import type { NativeCode } from './native-code.js';
import type { NativeTable } from './native-objects.js';
import type { WebAssemblyInstance } from './webassembly.js';

export class NativeInstance {
  readonly instance: Instance;
  readonly counters: InstanceCounters;
  /** The code reaches checkpoints regularly. */
  readonly interruptible: boolean;
  /** The code counts how deep calls nest. */
  readonly countsCalls: boolean;
  /** The counter of stack bytes; undefined if they are not counted. */
  stack: StackCounter | undefined = undefined;
  code: NativeCode | undefined = undefined;
  /** Registers its functions by what JavaScript has for them, when one of them is looked up. */
  register: () => void = () => {};
  exports: WebAssemblyInstance['exports'] = {};
  /** The instance has ended: its functions, which may still be referenced, refuse to run. */
  ended = false;
  readonly #store: StoreCounters;
  readonly #call: CurrentCall;

  /** @param options the options that its code is made for */
  constructor(
    instance: Instance,
    { interruptible, countsCalls }: InstrumentOptions,
    store: StoreCounters,
    call: CurrentCall,
  ) {
    this.instance = instance;
    this.interruptible = interruptible;
    this.countsCalls = countsCalls;
    this.counters = new InstanceCounters(instance, store);
    this.#store = store;
    this.#call = call;
  }
  /** Called when the JavaScript engine has made the instance. */
  attach(exports: WebAssemblyInstance['exports']): void {
    this.exports = exports;
    this.counters.attach(exports);
    this.stack = StackCounter.of(this.instance, exports);
  }
  /** Ends the instance. None of its functions runs from now on: each asks for its counts when it is entered, and gets none. */
  end(): void {
    this.ended = true;
    this.counters.clear();
  }

  /** The functions that implement the hooks. */
  hooks(): Record<HookName, unknown> {
    const { instance, counters } = this;
    const store = this.#store;
    const call = this.#call;
    const { meter } = store;
    const guarded = <T>(body: () => T): T => {
      try {
        return body();
      } catch (error) {
        throw call.fail(error);
      }
    };
    const pausing = (left: number): number => {
      call.suspendable?.pause(counters, left);
      return left;
    };
    const tableOf = (index: number): NativeTable => instance.tables[index] as NativeTable;
    return {
      enter: (left: number, _depth: number, cost: number) => guarded(() => pausing(this.#enter(left, cost))),
      refill: (left: number, cost: number) =>
        guarded(() => {
          if (this.ended) throw endedFunctionError(instance);
          return pausing(store.refill(counters, store.transfer(counters, left, false), cost));
        }),
      exhausted: (left: number) =>
        guarded(() => {
          // Code calls this after a refill that was possible, so only an empty reserve or terminate() leads here.
          store.refill(counters, left, Number.POSITIVE_INFINITY);
          throw new InternalError('a block did not fit although there was fuel to refill from');
        }),
      bulk: (left: number, units: number) =>
        guarded(() => store.charge(counters, store.transfer(counters, left, false), units)),
      growMemory: (memory: number, pages: number) => guarded(() => this.#growMemory(memory, pages)),
      memorySize: (memory: number) => guarded(() => instance.memories[memory]!.pages),
      mayGrowTable: (table: number, elements: number, length: number) =>
        guarded(() => (tableOf(table).mayGrow(elements, length) ? 1 : 0)),
      tableStayed: (table: number, elements: number) => tableOf(table).notGrown(elements),
      caught: (depth: number) => {
        if (call.pending) throw call.pending.error;
        return this.interruptible ? guarded(() => this.#caught(depth)) : 0;
      },
      check: () => guarded(() => meter.check()),
      invalidConversion: () => {
        throw call.fail(new Trap('invalid-conversion'));
      },
      stackFull: () => {
        throw call.fail(this.stack!.exhausted());
      },
      wait: (memory: number, at: number, wide: number, expected: bigint, timeout: bigint) =>
        guarded(() => this.#wait(memory, at, wide !== 0, expected, timeout)),
      notify: (memory: number, at: number, count: number) => guarded(() => this.#notify(memory, at, count)),
      entered: (left: number, depth: number, index: number) => guarded(() => this.#entered(left, depth, index)),
      left: (left: number, index: number) => guarded(() => this.#left(left, index)),
      reached: (offset: number) => guarded(() => instance.observation!.reach(offset)),
      newObject: (object: object, contents: number) =>
        guarded(() => void makeCharged(instance, contents >>> 0, () => object)),
    } satisfies Record<HookName, unknown>;
  }
  #enter(left: number, cost: number): number {
    if (this.ended) throw endedFunctionError(this.instance);
    const { counters } = this;
    const store = this.#store;
    let all = store.transfer(counters, left, true);
    if (counters.metered && all < 0) all = store.refill(counters, all, 0);
    if (counters.getDepth() < 0) {
      counters.setLeft(all);
      throw store.meter.depthExhausted();
    }
    return store.refill(counters, all, cost);
  }
  /** A function that cannot begin, since its instance has ended or calls nest too deep, is not told of: its own check stops it. */
  #entered(left: number, depth: number, index: number): number {
    const { counters } = this;
    const store = this.#store;
    // As the function's own check does it: less one, which is negative where another instance holds the counts.
    counters.setDepth(depth - 1);
    const all = this.ended ? left : store.transfer(counters, left, true);
    const own = counters.getDepth() + 1;
    counters.setDepth(own);
    if (this.ended || own < 1) return all;
    if (counters.metered) store.show(all);
    this.instance.observation!.enter(index, own);
    return all;
  }
  #left(left: number, index: number): void {
    if (this.counters.metered) this.#store.show(left);
    this.instance.observation!.leave(index);
  }
  #growMemory(index: number, pages: number): number {
    const { counters } = this;
    const store = this.#store;
    this.#checkpoint();
    const memory = this.instance.memories[index]!;
    if (counters.metered) {
      const left = store.transfer(counters, counters.getLeft(), false);
      counters.setLeft(store.charge(counters, left, growthFuel(memory, pages)));
    }
    return memory.grow(pages, store.meter);
  }
  #wait(index: number, at: number, wide: boolean, expected: bigint, timeout: bigint): number {
    const { counters } = this;
    const store = this.#store;
    const memory = this.instance.memories[index]!;
    checkAligned(memory, at, wide ? 8 : 4);
    if (!counters.metered) return atomicWait(this.instance.store, memory, at, wide, expected, timeout);
    // While it waits, other threads may have its fuel.
    store.show(store.transfer(counters, counters.getLeft(), false));
    const result = atomicWait(this.instance.store, memory, at, wide, expected, timeout);
    store.refillAfterCall(counters);
    return result;
  }
  #notify(index: number, at: number, count: number): number {
    const memory = this.instance.memories[index]!;
    checkAligned(memory, at, 4);
    return atomicNotify(memory, at, count >>> 0);
  }
  #caught(depth: number): number {
    const { counters } = this;
    const store = this.#store;
    this.#checkpoint();
    const left = store.transfer(counters, counters.getLeft(), false);
    if (this.countsCalls) counters.setDepth(depth);
    const { observation } = this.instance;
    if (observation?.functions) {
      if (counters.metered) store.show(left);
      observation.leaveBelow(depth);
    }
    return counters.metered ? store.keepReserve(counters, left) : left;
  }
  /** A checkpoint in operations that take so long that a slice of a loop of them would last half a second. */
  #checkpoint(): void {
    const { meter } = this.#store;
    if (meter.watched) meter.check();
  }
}
