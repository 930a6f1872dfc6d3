// Outlining while a function is written (outline-plan.ts says where): the text of each region becomes a function of its own, and its place gets a
// call. An outlined function receives what it reads as arguments, leaves what it changed in scratch words, and returns the number of the exit that
// it took; with one exit it returns the first value instead.
import { EXNREF, F64, I32, I64, isRef, V128, type ValType } from '../../wasm/types.js';
import { jumpText } from './emit-branches.js';
import { coerced, leaveFunction, resultPlaceOf } from './emit-calls.js';
import type { FunctionEmitter } from './function-emitter.js';
import { coercion, type Exit, exitLabel, FunctionText, isFunctionExit, variablesIn } from './function-text.js';
import { finishText, handOver, takeBack } from './limit-checks.js';
import { addAll, has } from './liveness.js';
import { localNames, tempName } from './operands.js';
import type { OutlinePlan, Region } from './outline-plan.js';
import { loadsOf, scratchArray, storesOf } from './outline-scratch.js';

/** An outlined function that is complete except for its head, and the position of its call. */
interface Outlined {
  readonly text: FunctionText;
  readonly caller: FunctionText;
  readonly at: number;
  readonly call: (text: string) => string;
}

const isLocalName = (name: string): boolean => 'lhvw'.includes(name[0]!);

export class Outliner {
  readonly #emitter: FunctionEmitter;
  readonly #plan: OutlinePlan;
  #nextRegion = 0;
  /** The texts that continue after the one that is being written. */
  readonly #outer: FunctionText[] = [];
  readonly #outlined: Outlined[] = [];

  constructor(emitter: FunctionEmitter, plan: OutlinePlan) {
    this.#emitter = emitter;
    this.#plan = plan;
  }

  /** Called before each instruction: leaves the regions that end there, and enters those that begin. */
  beforeInstruction(): void {
    const { regions } = this.#plan;
    const { instructions } = this.#emitter;
    while (this.#emitter.text.region?.end === instructions) this.#leaveRegion();
    for (; regions[this.#nextRegion]?.start === instructions; this.#nextRegion++) {
      this.#enterRegion(regions[this.#nextRegion]!);
    }
  }
  /** Called after the last instruction: returns the outlined functions by their names, and writes their calls. */
  finish(): (readonly [name: string, text: string])[] {
    return this.#outlined.map(({ text, caller, at, call }, k) => {
      const name = `p${this.#emitter.index}_${k}`;
      const assembled = this.#assemble(text);
      caller.out[at] = call(`${name}(${assembled.params.join()})`);
      return [name, assembled.text] as const;
    });
  }

  #enterRegion(region: Region): void {
    const c = this.#emitter;
    c.materializeAll();
    this.#outer.push(c.text);
    c.writeTo(new FunctionText(c.options, c.flow.labels.length, region));
    c.emit('');
  }
  /** Returns the type of the variable of a local or a temporary, which is that of a word. */
  #typeOf(name: string): ValType {
    const at = Number(name.slice(1));
    const type = isLocalName(name)
      ? this.#emitter.localTypes[at]!
      : name[0] === 'i'
        ? I32
        : name[0] === 'd'
          ? F64
          : EXNREF;
    return type === I64 || type === V128 ? I32 : type;
  }
  readonly #typeOfName = (name: string): ValType => this.#typeOf(name);

  /** Ends an outlined function: writes its exits there, and in its caller the call with what follows each exit. */
  #leaveRegion(): void {
    const c = this.#emitter;
    const { text } = c;
    const { reachable } = c.flow;
    const exits = [...text.exits.values()];
    // What one exit needs is provided by all exits, so that the caller loads it once, and not for each.
    const names = this.#namesLeft(text, exits);
    for (const name of names) c.used.add(scratchArray(this.#typeOf(name)));
    const isOnly = exits.length === (reachable ? 0 : 1);
    text.out[0] = `XE:{${exits
      .map((exit) => `${exitLabel(exit)}:{`)
      .reverse()
      .join('')}`;
    exits.forEach((_, i) => {
      // The exit that falls through has number 0.
      if (i > 0 || reachable) c.emit(`${isOnly ? '' : `c=${i};`}break XE;`);
      c.emit('}');
    });
    c.emit(`${isOnly || exits.length === 0 ? '' : `c=${exits.length};`}}`);
    text.returns.push(c.out.length);
    c.emit('');
    const stores = storesOf(isOnly ? names.slice(1) : names, this.#typeOfName);
    c.emit(`${stores}return ${isOnly ? (names[0] ?? '') : 'c'};`);
    c.writeTo(this.#outer.pop()!);
    this.#emitCall(text, exits, names, isOnly);
  }
  /** Returns the variables that an outlined function leaves to its caller. */
  #namesLeft({ region, targets }: FunctionText, exits: readonly Exit[]): readonly string[] {
    const { localTypes, flow } = this.#emitter;
    const { written, liveAfter } = region!;
    const live = flow.reachable ? liveAfter.slice() : new Uint32Array(liveAfter.length);
    for (const exit of exits) {
      if (isFunctionExit(exit)) continue;
      addAll(live, this.#plan.labels[exit.id]!);
      for (const name of exit.targets) targets.add(name);
    }
    return [
      ...localTypes.flatMap((type, local) => (has(written, local) && has(live, local) ? localNames(local, type) : [])),
      ...targets,
    ];
  }
  #emitCall(text: FunctionText, exits: readonly Exit[], names: readonly string[], isOnly: boolean): void {
    const c = this.#emitter;
    const caller = c.text;
    caller.hasCalls = true;
    handOver(c);
    const at = c.out.length;
    c.emit('');
    takeBack(c);
    if (text.mayMove) c.reloadViews();
    const [first] = names;
    if (isOnly) {
      const call = (result: string): string =>
        first === undefined ? `${result};` : `${first}=${coerced(this.#typeOf(first), result)};`;
      this.#outlined.push({ text, caller, at, call });
      c.emit(loadsOf(names.slice(1), this.#typeOfName));
      if (exits[0]) this.#follow(exits[0]);
      return;
    }
    const temp = c.temp(0);
    const name = tempName(temp);
    this.#outlined.push({ text, caller, at, call: (result) => `${name}=${result}|0;` });
    c.releaseTemps([temp]);
    c.emit(`${loadsOf(names, this.#typeOfName)}switch(${name}){`);
    exits.forEach((exit, i) => {
      c.emit(`case ${i + 1}:`);
      this.#follow(exit);
    });
    c.emit('}');
  }
  /** Continues at the target of an exit. */
  #follow(exit: Exit): void {
    const c = this.#emitter;
    if (!isFunctionExit(exit)) {
      const { labels } = c.flow;
      const index = labels.findIndex(({ id }) => id === exit.id);
      c.emit(jumpText(c, labels.length - 1 - index));
      return;
    }
    const [type] = c.info.spaces.functions[c.index]!.results;
    if (c.text.region) c.emit(c.text.leaveFunction());
    else leaveFunction(c, type === undefined ? '' : resultPlaceOf(c, type));
  }
  #assemble(outlined: FunctionText): { readonly params: readonly string[]; readonly text: string } {
    const { views, before, text, after } = finishText(this.#emitter, outlined);
    const params: string[] = [];
    const variables: string[] = outlined.usesTicks ? ['k=0', 'c=0'] : ['c=0'];
    let head = '';
    for (const name of variablesIn(text)) {
      const type = this.#typeOf(name);
      const isGiven = isLocalName(name)
        ? has(outlined.region!.live, Number(name.slice(1)))
        : outlined.targets.has(name);
      if (isGiven) {
        params.push(name);
        head += coercion(name, type, this.#emitter.options);
      } else variables.push(`${name}=${isRef(type) ? 'null' : '0'}`);
    }
    if (variables.length > 0) head += `let ${variables.join()};`;
    if (text.includes('=dp;')) head += 'const dp=R[1],ds=S[0];';
    return { params, text: `function(${params.join()}){${head}${views}${before}\n${text}${after}}` };
  }
}
