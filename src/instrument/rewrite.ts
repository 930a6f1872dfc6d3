// The second pass over a function. It copies the instructions as spans of bytes and inserts the code that enforces the limits. It accepts validated
// code only and omits dead code. What becomes of single instructions is in rewrite-*.ts.
import type { LocalRun } from '../wasm/module.js';
import type { Code } from './code-writer.js';
import { extendedType } from './conventions.js';
import { ALLOCATES, addedFlags, CALLS, CONTROL, HOOKED, MAKES_NAN, NAMES_LOCAL, OP_FLAGS, REWRITTEN } from './flags.js';
import { rewriteCall } from './rewrite-calls.js';
import { beginFuelBlock, CONTROL_RULES } from './rewrite-control.js';
import { finishFunction, startFunction } from './rewrite-frame.js';
import { rewriteHooked } from './rewrite-hooked.js';
import { tellPlace } from './rewrite-observation.js';
import { chargeObject, checkTruncation, makeCanonical, renumberLocal } from './rewrite-values.js';
import { RewrittenFunction, type Surroundings } from './rewritten-function.js';

const WITH_RULES = ALLOCATES | CALLS | CONTROL | HOOKED | MAKES_NAN | NAMES_LOCAL | REWRITTEN;

/** A function in the emitted module, next to its instructions. */
export interface WrittenFunction {
  readonly typeIndex: number;
  readonly locals: readonly LocalRun[];
}

export class FunctionRewriter {
  readonly #env: Surroundings;
  readonly #function: RewrittenFunction;

  readonly #added: (slot: number) => number;

  constructor(env: Surroundings, code: Code) {
    this.#env = env;
    this.#added = addedFlags(env.module);
    this.#function = new RewrittenFunction(env, code);
  }
  /** The largest threshold of any check so far. */
  get maxThreshold(): number {
    return this.#function.maxThreshold;
  }
  /** Records pairs of emitted and original positions in `places`, and of emitted positions and the amount pending from there on in `pending`. */
  traceTo(places: number[], pending: number[]): void {
    this.#function.spans.trace = places;
    this.#function.account.trace = pending;
  }

  /** Writes the instructions of a function, given by its position among the module's own. */
  write(position: number): WrittenFunction {
    const { module, types, plans, copies, conventions } = this.#env;
    const f = this.#function;
    const body = module.functions[position]!;
    f.plan = plans[position]!;
    f.copies = copies[position]!;
    f.inRegisters = conventions.inRegisters[position]!;
    startFunction(f, body, position);
    f.spans.from = body.code.start;
    while (f.flow.labels.length > 0) this.#instruction();
    finishFunction(f);
    const extended = extendedType(types.funcType(body.typeIndex), this.#env.options.countsCalls);
    const typeIndex = f.inRegisters ? types.index(extended.params, extended.results) : body.typeIndex;
    return { typeIndex, locals: f.locals.runs };
  }
  /** Writes the instructions of a function's wrapper, which moves the counts between globals and registers. */
  writeWrapper(position: number): WrittenFunction {
    const { module, types, places, conventions, options } = this.#env;
    const { typeIndex } = module.functions[position]!;
    const code = this.#function.code;
    types.funcType(typeIndex).params.forEach((_, i) => {
      code.getLocal(i);
    });
    code.getGlobal(places.left);
    if (options.countsCalls) code.getGlobal(places.depth);
    code.call(conventions.bodies[position]!);
    code.setGlobal(places.left);
    code.end();
    return { typeIndex, locals: [] };
  }

  #instruction(): void {
    const f = this.#function;
    const slot = f.flow.next();
    const flags = OP_FLAGS[slot]! | this.#added(slot);
    if ((flags & WITH_RULES) !== 0) this.#rule(slot, flags);
    if (!this.#env.options.tellsPlaces || !f.flow.beginsPlace) return;
    f.spans.flushAll();
    tellPlace(f, f.reader.pos);
  }
  #rule(slot: number, flags: number): void {
    const f = this.#function;
    if ((flags & CONTROL) !== 0) {
      CONTROL_RULES[slot]!(f);
      if (f.flow.beginsBlock) beginFuelBlock(f);
    } else if ((flags & CALLS) !== 0) rewriteCall(f);
    else {
      if ((flags & HOOKED) !== 0) rewriteHooked(f);
      else if ((flags & NAMES_LOCAL) !== 0) renumberLocal(f);
      else if ((flags & REWRITTEN) !== 0) checkTruncation(f);
      if ((flags & ALLOCATES) !== 0 && this.#env.options.chargesObjects) chargeObject(f);
      if ((flags & MAKES_NAN) !== 0 && this.#env.options.deterministic) makeCanonical(f);
    }
  }
}
