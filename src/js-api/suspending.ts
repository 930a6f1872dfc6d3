// The integration of promises: the class WebAssembly.Suspending, whose objects are imports that a guest waits for, and WebAssembly.promising(), which makes
// functions that call a guest and give a promise. Refuses what is no function, and no exported function, with a TypeError.
import { show } from '../base/show.js';
import type { Agent } from './agent.js';
import type { JsFunction } from './function-cache.js';

export function suspendingClass({ suspendings }: Agent) {
  class Suspending {
    constructor(callable: unknown) {
      if (typeof callable !== 'function') {
        throw new TypeError(`WebAssembly.Suspending(): a function is wanted, not ${show(callable)}`);
      }
      suspendings.mark(this, { callable: callable as JsFunction });
    }
  }
  return suspendings.define(Suspending);
}

export function promisingFunction({ functions, calls }: Agent) {
  return function promising(exported: unknown): JsFunction {
    const func = functions.find(exported);
    if (func === undefined) {
      throw new TypeError(`WebAssembly.promising(): an exported function is wanted, not ${show(exported)}`);
    }
    return calls.promising(func);
  };
}
