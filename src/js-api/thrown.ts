// What is thrown, on either side of the border. A trap is a RuntimeError in JavaScript, and back in a guest that trap again, which no guest can catch; an
// exception is a WebAssembly.Exception; any other value that JavaScript throws into a guest is an exception of the tag JSTag there. Refuses nothing:
// limits and exits go through unchanged.
import { isStackOverflow } from '../base/stack-overflow.js';
import { type TagInstance, WasmException } from '../runtime/exception.js';
import { EnclasmError, InvalidError, LimitError, LinkError, MalformedError, Trap } from '../wasm/errors.js';
import { type LimitName, namespaceLimits } from '../wasm/limit-table.js';

type ErrorClass = new (message?: string, options?: ErrorOptions) => Error;

/** One of the standard's classes of errors, which are called with and without `new`. */
function errorClass(name: string): ErrorClass {
  const Class = {
    [name]: function (this: unknown, ...args: unknown[]): Error {
      return Reflect.construct(Error, args, new.target ?? Class) as Error;
    },
  }[name] as unknown as ErrorClass;
  Object.setPrototypeOf(Class, Error);
  const hidden = { writable: true, configurable: true };
  const prototype = Object.create(Error.prototype, {
    constructor: { value: Class, ...hidden },
    name: { value: name, ...hidden },
    message: { value: '', ...hidden },
  }) as Error;
  Object.defineProperty(Class, 'prototype', { value: prototype, writable: false });
  Object.defineProperty(Class, 'length', { value: 1, configurable: true });
  return Class;
}

/** Limits of what the standard says cannot be had, whatever the reason. */
const ROOM: ReadonlySet<LimitName> = /* @__PURE__ */ new Set(
  namespaceLimits('held').filter((name) => name !== 'instances'),
);

/** Between exceptions of the runtime and objects of the class Exception. */
export interface ExceptionConversion {
  objectFor(exception: WasmException): object;
  find(value: unknown): WasmException | undefined;
}

/** The errors of one namespace. */
export class Thrown {
  readonly CompileError = errorClass('CompileError');
  readonly LinkError = errorClass('LinkError');
  readonly RuntimeError = errorClass('RuntimeError');
  readonly SuspendError = errorClass('SuspendError');
  readonly #jsTag: TagInstance;
  readonly #exceptions: ExceptionConversion;
  readonly #note: (error: LimitError) => LimitError;
  readonly #errors = new WeakMap<Trap, Error>();
  readonly #traps = new WeakMap<object, Trap>();

  /** @param jsTag the tag of what JavaScript throws @param note told of each limit that is reached; returns what to throw */
  constructor(jsTag: TagInstance, exceptions: ExceptionConversion, note: (error: LimitError) => LimitError) {
    this.#jsTag = jsTag;
    this.#exceptions = exceptions;
    this.#note = note;
  }

  /** What JavaScript gets for what came out of a guest. */
  toJs(error: unknown): unknown {
    if (error instanceof WasmException) {
      return error.tag === this.#jsTag ? error.payload[0] : this.#exceptions.objectFor(error);
    }
    if (error instanceof Trap) return this.#errorFor(error);
    if (error instanceof LimitError) return this.#note(error);
    // A body that is validated when it is first called can be one.
    if (error instanceof MalformedError || error instanceof InvalidError) return this.#compileError(error);
    return error;
  }
  /** What a guest gets for what JavaScript threw. */
  toGuest(thrown: unknown): unknown {
    const exception = this.#exceptions.find(thrown);
    if (exception !== undefined) return exception;
    if (typeof thrown === 'object' && thrown !== null) {
      const trap = this.#traps.get(thrown);
      if (trap !== undefined) return trap;
      if (isOurs(thrown)) return thrown;
    }
    return new WasmException(this.#jsTag, [thrown]);
  }
  #errorFor(trap: Trap): Error {
    let error = this.#errors.get(trap);
    if (error === undefined) {
      const Class = trap.id === 'stack-exhausted' ? RangeError : this.RuntimeError;
      error = new Class(trap.message, { cause: trap });
      this.#errors.set(trap, error);
      this.#traps.set(error, trap);
    }
    return error;
  }

  /** What the standard throws where a module cannot be compiled. */
  ofCompiling(error: unknown): unknown {
    const isSize = error instanceof LimitError && error.limit === 'moduleBytes';
    return isSize ? this.#compileError(error) : this.toJs(error);
  }
  #compileError(cause: Error): Error {
    return new this.CompileError(cause.message, { cause });
  }
  /** What the standard throws where an instance cannot be made. Memories and tables that cannot be had are a RangeError. */
  ofInstantiating(error: unknown): unknown {
    if (error instanceof LinkError) return new this.LinkError(error.message, { cause: error });
    return this.ofMaking(error);
  }
  ofMaking(error: unknown): unknown {
    if (error instanceof LimitError && ROOM.has(error.limit)) return new RangeError(error.message, { cause: error });
    return isStackOverflow(error) ? error : this.toJs(error);
  }
}

/** Errors of the runtime that are no traps: limits, exits, misuse. A Proxy with the prototype of one is none. */
function isOurs(thrown: object): boolean {
  try {
    return thrown instanceof EnclasmError && !(thrown instanceof WasmException);
  } catch {
    return false;
  }
}
