// How frames of guests are set aside, by the JavaScript engine's promise integration. Code that calls out looks at a flag afterwards; where it is set, the
// code calls `suspend`, for which the engine waits, and then says whose frames have gone on. Refuses nothing; where the engine cannot, there is none of it.
import type { CurrentCall, Suspendable } from './current-call.js';
import type { JsCallable, JsValue, WebAssemblyGlobal, WebAssemblyNamespace } from './webassembly.js';

/** A function that calls a guest whose frames can be set aside. */
type Promising = (...args: JsValue[]) => Promise<JsValue>;

export function canSuspend(
  webAssembly: WebAssemblyNamespace | undefined,
): webAssembly is WebAssemblyNamespace & Required<Pick<WebAssemblyNamespace, 'Suspending' | 'promising'>> {
  return typeof webAssembly?.Suspending === 'function' && typeof webAssembly.promising === 'function';
}

export class Suspension {
  /** The imports of code that calls out: the flag, and the function to call where it is set. */
  readonly imports: { readonly waits: WebAssemblyGlobal; readonly suspend: object };
  readonly promising: (exported: JsCallable) => Promising;
  readonly #resumed = new Map<number, Suspendable>();
  #last = 0;
  #announced = false;

  /** Returns undefined where the JavaScript engine cannot set frames aside. */
  static of(webAssembly: WebAssemblyNamespace, call: CurrentCall): Suspension | undefined {
    return canSuspend(webAssembly) ? new Suspension(webAssembly, call) : undefined;
  }
  private constructor(
    webAssembly: WebAssemblyNamespace & Required<Pick<WebAssemblyNamespace, 'Suspending' | 'promising'>>,
    call: CurrentCall,
  ) {
    const suspend = (): Promise<number> => {
      this.#announced = false;
      this.imports.waits.value = 0;
      const one = call.suspendable!;
      const number = ++this.#last;
      // Only while it goes on: what nobody lets go on is not kept here.
      return new Promise((resolve) =>
        one.setAside(() => {
          this.#resumed.set(number, one);
          resolve(number);
        }),
      );
    };
    this.imports = {
      waits: new webAssembly.Global({ value: 'i32', mutable: true }, 0),
      suspend: new webAssembly.Suspending(suspend),
    };
    this.promising = (exported) => webAssembly.promising(exported);
  }
  /** The code that runs will call `suspend` before it does anything else. */
  announce(): void {
    this.#announced = true;
    this.imports.waits.value = 1;
  }
  get isAnnounced(): boolean {
    return this.#announced;
  }
  /** The frames with this number have gone on. Returns whose they are. Throws as Suspendable.enter(). */
  enter(number: number): Suspendable {
    const one = this.#resumed.get(number)!;
    this.#resumed.delete(number);
    one.enter();
    return one;
  }
}
