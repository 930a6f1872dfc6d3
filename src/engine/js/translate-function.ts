// Translates one wasm function to the text of one JavaScript function, and those that are outlined from it: the passes over its code, and what
// surrounds the text of the body. It takes validated code only. Functions too big or too deeply nested for a JavaScript parser must be left out
// (refusal.ts).
import { FUNCTION } from '../../binary/control-flow.js';
import { chargesWhileItRuns } from '../../wasm/fuel.js';
import type { FunctionBody } from '../../wasm/module.js';
import { type FuncType, isRef } from '../../wasm/types.js';
import { CodeRecord } from './code-record.js';
import { observed, observePlace } from './emit-observation.js';
import type { EmitOptions } from './emit-options.js';
import { RULES_BY_SLOT } from './emit-rules.js';
import { FunctionEmitter } from './function-emitter.js';
import { coercion, variablesIn } from './function-text.js';
import {
  closeFuelBlock,
  enterDepth,
  finishText,
  handOver,
  openFuelBlock,
  takeBack,
  tick,
  units,
} from './limit-checks.js';
import { ENTRY_VARIABLE, type LoopEntry } from './loop-entry.js';
import type { ModuleInfo } from './module-info.js';
import { localNames, tempName, type Used } from './operands.js';
import { Outliner } from './outline.js';
import { MAX_WHOLE, type OutlinePlan, planOutlining } from './outline-plan.js';
import { traceName } from './trace-names.js';

/** A function that calls nothing checks the slice only if it is longer than this. */
const MANY_UNITS = 8;
/** The instructions between two checkpoints while code is written: about a millisecond. */
const INSTRUCTIONS_PER_CHECKPOINT = 4096;
/** From a function with fewer bytes of code nothing is outlined. */
const RECORDED_BYTES = 4096;

interface Texts {
  /** `function ...(...) {...}` as an expression, named for stack traces. */
  readonly text: string;
  /** The functions outlined from it, which it calls by their names. */
  readonly outlined: readonly (readonly [name: string, text: string])[];
}
export interface TranslatedFunction extends Texts {
  /** The function may end in a pending tail call. */
  readonly tailCalls: boolean;
  /** The text begins at the loop that was asked for. */
  readonly isEntered: boolean;
}

export class FunctionTranslator {
  readonly #info: ModuleInfo;
  readonly #emitter: FunctionEmitter;
  readonly #checkpoint: () => void;
  #record: CodeRecord | undefined;
  #outliner: Outliner | undefined;

  /**
   * @param used receives the outside names that the texts use
   * @param local the functions in the same text, which are called by name
   * @param checkpoint is called while a long function is written; what it throws ends the work
   */
  constructor(info: ModuleInfo, options: EmitOptions, used: Used, local: ReadonlySet<number>, checkpoint: () => void) {
    this.#info = info;
    this.#emitter = new FunctionEmitter(info, options, used, local);
    this.#checkpoint = checkpoint;
  }

  /**
   * @param index in the whole function index space, not of an import nor refused
   * @param entry the loop at which the text begins; its parameters are all locals then
   */
  translate(index: number, entry?: LoopEntry): TranslatedFunction {
    const c = this.#emitter;
    c.entry = entry;
    const body = this.#info.module.functions[index - this.#info.spaces.importedFunctions]!;
    const type = this.#info.spaces.functions[index]!;
    c.localTypes = [...type.params];
    for (const { count, type: one } of body.locals) for (let i = 0; i < count; i++) c.localTypes.push(one);
    c.floatLocals.beginFunction(c.localTypes);
    // Where nothing is compiled, nothing is too large to be compiled.
    const isLarge = !c.isPlain && body.code.end - body.code.start > RECORDED_BYTES;
    this.#record = isLarge ? new CodeRecord() : undefined;
    let texts = this.#pass(index, type, body, undefined);
    // The function is written again, now that it is known which f32 locals need no care for signalling NaNs.
    if (c.floatLocals.learn()) {
      if (isLarge) this.#record = new CodeRecord();
      texts = this.#pass(index, type, body, undefined);
    }
    let plan: OutlinePlan | undefined;
    if (this.#record && texts.text.length > MAX_WHOLE) {
      const lines = c.out.map(({ length }) => length);
      plan = planOutlining(this.#record, lines, c.localTypes.length, this.#checkpoint);
      this.#record = undefined;
      if (plan) texts = this.#pass(index, type, body, plan);
    }
    return { ...texts, tailCalls: c.tailCalls, isEntered: entry?.isPossible(plan) ?? false };
  }

  #pass(index: number, type: FuncType, body: FunctionBody, plan: OutlinePlan | undefined): Texts {
    const c = this.#emitter;
    // A function from which others are outlined has no beginning that a jump could reach.
    c.beginText(index, plan === undefined);
    this.#outliner = plan && new Outliner(c, plan);
    c.flow.open(c.newLabel(FUNCTION, c.flow.begin(body), []));
    c.entry?.begin(c);
    openFuelBlock(c);
    observePlace(c, body.code.start);
    for (let count = 1; c.flow.labels.length > 0; count++) {
      this.#instruction();
      if (count % INSTRUCTIONS_PER_CHECKPOINT === 0) this.#checkpoint();
    }
    const outlined = this.#outliner?.finish() ?? [];
    return { text: this.#assemble(type, outlined.length > 0), outlined };
  }
  #instruction(): void {
    const c = this.#emitter;
    const { flow } = c;
    this.#outliner?.beforeInstruction();
    const isCut = this.#record !== undefined && (!flow.reachable || c.height === flow.label(0).height);
    const line = c.out.length;
    const slot = flow.next();
    this.#record?.note(slot, c.reader, isCut, line);
    c.instructions++;
    const charges = chargesWhileItRuns(c.reader.op);
    if (charges) handOver(c);
    RULES_BY_SLOT[slot]!(c);
    if (charges) takeBack(c);
    if (flow.beginsBlock) openFuelBlock(c);
    else if (!flow.reachable) closeFuelBlock(c);
    if (c.options.observed?.places && flow.beginsPlace) {
      c.flush();
      observePlace(c, c.reader.pos);
    }
  }

  // ---- the function around the body ----

  #assemble({ params }: FuncType, isOutlined: boolean): string {
    const c = this.#emitter;
    const types = c.entry ? c.localTypes : params;
    const { options } = c;
    const names: string[] = [];
    let head = '';
    types.forEach((one, i) => {
      const words = localNames(i, one);
      names.push(...words);
      for (const name of words) head += coercion(name, one, options);
    });
    const length = units(c.instructions + c.localTypes.length);
    const { views, before, text, after } = finishText(c, c.text);
    let variables = this.#variables(types.length);
    if (isOutlined) {
      const named = variablesIn(text);
      variables = variables.filter((name) => named.has(name.slice(0, name.indexOf('='))));
    }
    if (c.delegates) variables.push('dg=0');
    if (c.entry) variables.push(ENTRY_VARIABLE);
    if (c.text.usesTicks) variables.push(`k=${length}`);
    if (variables.length > 0) head += `let ${variables.join()};`;
    head += views;
    if (options.depth) head = `${enterDepth(c)}${head}`;
    if (!c.text.usesTicks && options.ticks && (c.text.hasCalls || length > MANY_UNITS)) head += tick(c, length);
    const looped = c.selfTailCalls ? `LF:for(;;){${text}}` : text;
    const [entered, bodyText, left] = observed(c, before, looped, after);
    const name = JSON.stringify(traceName(this.#info.module, c.index));
    return `{${name}:function(${names.join()}){${head}${entered}\n${bodyText}${left}}}[${name}]`;
  }
  /** Returns the declarations of the locals that are not parameters, and of the temporaries, with their first values. */
  #variables(firstLocal: number): string[] {
    const c = this.#emitter;
    const variables: string[] = [];
    for (let i = firstLocal; i < c.localTypes.length; i++) {
      const initial = isRef(c.localTypes[i]!) ? 'null' : '0';
      for (const name of localNames(i, c.localTypes[i]!)) variables.push(`${name}=${initial}`);
    }
    for (const kind of [0, 1, 2] as const) {
      for (let i = 0; i < c.tempCount(kind); i++) {
        variables.push(`${tempName(i * 3 + kind)}=${kind === 2 ? 'null' : '0'}`);
      }
    }
    return variables;
  }
}
