// What all instances of one runtime share, and what is alive in it: types, allocator, platform, slots, meter. Two stores share nothing.
import type { Allocator } from '../alloc/allocator.js';
import type { Platform } from '../platform/platform.js';
import { TypeRegistry } from '../wasm/subtyping.js';
import type { Budget } from './budget.js';
import type { Instance } from './instance.js';
import { Meter } from './meter.js';
import { Slots } from './slots.js';

export class Store {
  readonly types = new TypeRegistry();
  readonly slots = new Slots();
  readonly meter: Meter;
  readonly allocator: Allocator;
  readonly platform: Platform;
  /** Of the whole runtime; each instance has one inside it. */
  readonly budget: Budget;
  /** Alive, in order of birth. */
  readonly instances = new Set<Instance>();

  /** Run in reverse order when the store ends, after instances and modules: what engines keep per store. */
  readonly disposers: (() => void)[] = [];

  constructor(allocator: Allocator, platform: Platform, budget: Budget) {
    this.allocator = allocator;
    this.platform = platform;
    this.budget = budget;
    this.meter = new Meter(platform);
  }
}
