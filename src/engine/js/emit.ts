// Translates one wasm function to the text of one JavaScript function: control flow, locals, fuel, exceptions. The rules of single instructions are
// in rules*.ts. It takes validated code only. Refuses (refusal) functions too big or too deeply nested for a JavaScript parser. It is longer than
// other files: one class holds what every rule needs.
import { CATCH, CATCH_ALL_REF, CATCH_REF, type CodeReader } from '../../binary/code-reader.js';
import { BLOCK, ControlFlow, type Label as FlowLabel, FUNCTION, IF, LOOP, TRY } from '../../binary/control-flow.js';
import type { ObservedCode } from '../../runtime/observer.js';
import { chargesWhileItRuns } from '../../wasm/fuel.js';
import type { FunctionBody } from '../../wasm/module.js';
import { EXNREF, F32, F64, type FuncType, I32, I64, isRef, V128, type ValType } from '../../wasm/types.js';
import { CodeRecord } from './code-record.js';
import { FloatLocals } from './float-locals.js';
import { addAll, has } from './liveness.js';
import type { ModuleInfo } from './module-info.js';
import { localNames, type Operand, Operands, tempName, wordCount } from './operands.js';
import {
  Body,
  coercion,
  type Exit,
  exitLabel,
  exitText,
  isFunctionExit,
  isLocalName,
  loadsOf,
  resultPlace,
  variablesIn,
} from './pieces.js';
import { MAX_UNCUT, type Plan, planPieces, type Region } from './pieces-plan.js';
import { traceName } from './trace-names.js';

export interface EmitOptions {
  /** Fuel is charged per block. */
  readonly metered: boolean;
  /** Backward branches and calls are counted, so that a deadline or an abort is noticed. Metered code needs no ticks. */
  readonly ticks: boolean;
  /** NaNs are made canonical. */
  readonly deterministic: boolean;
  /** The depth of calls is counted in the meter, and so are the bytes of their frames; otherwise the JavaScript engine's stack is the limit. */
  readonly depth: boolean;
  /** Addresses are compared with the memory's length: for code that traps again and again. */
  readonly checked: boolean;
  /** What the code tells observers; undefined: nothing. */
  readonly observed?: ObservedCode | undefined;
}

/** The backward branches counted in a variable before the slice is checked. */
const LOCAL_TICKS = 1023;
const INSTRUCTIONS_PER_UNIT_SHIFT = 3;
/** A function that calls nothing checks the slice only if it is longer than this. */
const MANY_UNITS = 8;
/** The instructions between two checkpoints while code is written: about a millisecond. */
const INSTRUCTIONS_PER_CHECKPOINT = 4096;
/** A function with fewer bytes of code needs no pieces. */
const RECORDED_BYTES = 4096;
const BYTES_PER_VALUE = 16;

interface Label extends FlowLabel {
  readonly id: number;
  /** The number of operands below the block's parameters. */
  readonly height: number;
  /** The variables of the results, or of a loop's parameters. */
  readonly targets: readonly (readonly number[])[];
  /** The position in the output of the text that may become `L1:`. */
  readonly at: number;
  /** The parameters of an `if`, for its else part. */
  readonly operands: readonly Operand[];
  /** The text of a jump names the label. */
  named: boolean;
  /** The text that closes the block. */
  close: string;
  /** The name of the caught exception in a legacy catch part. */
  exception: string;
  /** The clauses of a try_table. */
  clauses: readonly Clause[] | undefined;
  /** The number of instructions of the function before it. */
  readonly start: number;
}
interface Clause {
  readonly kind: number;
  readonly tag: number;
  /** The label, counted from outside the try_table. */
  readonly depth: number;
}

export interface EmittedFunction {
  readonly index: number;
  /** `function ...(...) {...}` as an expression, named for stack traces. */
  readonly text: string;
  /** The functions that it calls by their names: its pieces. */
  readonly pieces: readonly (readonly [name: string, text: string])[];
  /** The function may end in a pending tail call. */
  readonly tailCalls: boolean;
}

/** The outside names that a text uses, which the chunk must declare. */
export type Used = Set<string>;

/** Writes the instruction that the reader has just read. */
export type Rule = (emitter: FunctionEmitter) => void;

export class FunctionEmitter extends Operands {
  readonly info: ModuleInfo;
  readonly options: EmitOptions;
  readonly flow: ControlFlow<Label>;
  readonly reader: CodeReader;
  readonly used: Used;
  /** The functions in the same text, which are called by name. */
  readonly local: ReadonlySet<number>;
  localTypes: ValType[] = [];
  index = 0;
  readonly #floatLocals = new FloatLocals();
  #labelCount = 0;
  /** The position in the output of the charge of the open block of fuel, or -1, and the body that it is in. */
  #fuelAt = -1;
  #fuelBody = new Body(false);
  /** The number of instructions read so far. */
  #instructions = 0;
  #delegates = false;
  #tailCalls = false;
  #selfTailCalls = false;
  /** The body that is being written, and those that continue after it. */
  #body = new Body(false);
  #outer: Body[] = [];
  #record: CodeRecord | undefined;
  #plan: Plan | undefined;
  #nextRegion = 0;
  /** The pieces that are complete except for their heads, and the positions of their calls. */
  #left: {
    readonly piece: Body;
    readonly caller: Body;
    readonly at: number;
    readonly call: (text: string) => string;
  }[] = [];
  readonly #rules: readonly Rule[];
  readonly #checkpoint: () => void;

  /** @param checkpoint is called while a long function is written; what it throws ends the work */
  constructor(
    info: ModuleInfo,
    options: EmitOptions,
    used: Used,
    local: ReadonlySet<number>,
    rules: readonly Rule[],
    checkpoint: () => void,
  ) {
    super();
    this.info = info;
    this.options = options;
    this.used = used;
    this.local = local;
    this.#rules = rules;
    this.#checkpoint = checkpoint;
    this.flow = new ControlFlow(info.module);
    this.reader = this.flow.reader;
  }

  /** @param index in the whole function index space, not of an import nor refused */
  compile(index: number): EmittedFunction {
    const body = this.info.module.functions[index - this.info.spaces.importedFunctions]!;
    const type = this.info.spaces.functions[index]!;
    this.index = index;
    this.localTypes = [...type.params];
    for (const { count, type: one } of body.locals) {
      for (let i = 0; i < count; i++) this.localTypes.push(one);
    }
    this.#floatLocals.beginFunction(this.localTypes);
    this.#plan = undefined;
    const isLarge = body.code.end - body.code.start > RECORDED_BYTES;
    this.#record = isLarge ? new CodeRecord() : undefined;
    let made = this.#pass(index, type, body);
    // The function is written again, now that it is known which f32 locals need no care for signalling NaNs.
    if (this.#floatLocals.learn()) {
      if (isLarge) this.#record = new CodeRecord();
      made = this.#pass(index, type, body);
    }
    if (this.#record && made.text.length > MAX_UNCUT) {
      const lines = this.out.map(({ length }) => length);
      this.#plan = planPieces(this.#record, lines, this.localTypes.length, this.#checkpoint);
      this.#record = undefined;
      if (this.#plan) made = this.#pass(index, type, body);
    }
    return { ...made, index, tailCalls: this.#tailCalls };
  }

  #pass(index: number, type: FuncType, body: FunctionBody): Pick<EmittedFunction, 'text' | 'pieces'> {
    this.resetOperands();
    this.#body = new Body(this.options.checked);
    this.out = this.#body.out;
    this.#outer = [];
    this.#left = [];
    this.#nextRegion = 0;
    this.#floatLocals.beginPass(type.params);
    this.#labelCount = 0;
    this.#delegates = this.#tailCalls = this.#selfTailCalls = false;
    this.#instructions = 0;
    this.#fuelAt = -1;
    this.flow.open(this.#newLabel(FUNCTION, this.flow.begin(body), []));
    this.#openFuelBlock();
    this.#observePlace(body.code.start);
    for (let count = 1; this.flow.labels.length > 0; count++) {
      this.#instruction();
      if (count % INSTRUCTIONS_PER_CHECKPOINT === 0) this.#checkpoint();
    }
    return this.#assemble(index, type);
  }

  // ---- the function around the body ----

  #assemble(index: number, type: FuncType): Pick<EmittedFunction, 'text' | 'pieces'> {
    const pieces = this.#left.map(({ piece, caller, at, call }, k) => {
      const name = `p${index}_${k}`;
      const { params, text } = this.#assemblePiece(piece);
      caller.out[at] = call(`${name}(${params.join()})`);
      return [name, text] as const;
    });
    const params: string[] = [];
    let head = '';
    type.params.forEach((one, i) => {
      const names = localNames(i, one);
      params.push(...names);
      for (const name of names) head += coercion(name, one);
    });
    const units = this.#units(this.#instructions + this.localTypes.length);
    const { views, before, text, after } = this.#finish(this.#body);
    let variables = this.#variables(type.params.length);
    if (pieces.length > 0) {
      const named = variablesIn(text);
      variables = variables.filter((name) => named.has(name.slice(0, name.indexOf('='))));
    }
    if (this.#delegates) variables.push('dg=0');
    if (this.#body.usesTicks) variables.push(`k=${units}`);
    if (variables.length > 0) head += `let ${variables.join()};`;
    head += views;
    if (this.options.depth) head = `${this.#enterDepth()}${head}`;
    if (!this.#body.usesTicks && this.options.ticks && (this.#body.hasCalls || units > MANY_UNITS)) {
      head += this.#tick(units);
    }
    const looped = this.#selfTailCalls ? `LF:for(;;){${text}}` : text;
    const [entered, bodyText, left] = this.#observed(index, before, looped, after);
    const name = JSON.stringify(traceName(this.info.module, index));
    return {
      text: `{${name}:function(${params.join()}){${head}${entered}\n${bodyText}${left}}}[${name}]`,
      pieces,
    };
  }
  /** Puts around a body what tells observers of the function. However it ends, its fuel is in the meter by then. */
  #observed(index: number, before: string, text: string, after: string): [before: string, text: string, after: string] {
    if (!this.options.observed?.functions) return [before, text, after];
    return [
      `E.instance.observation.enter(${index});try{${before}`,
      text,
      `${after}}finally{E.instance.observation.leave(${index});}`,
    ];
  }
  #observeSelfTailCall(): void {
    this.handOver();
    this.emit(`E.instance.observation.leave(${this.index});E.instance.observation.enter(${this.index});`);
    this.#takeBack();
  }
  #observePlace(offset: number): void {
    if (this.options.observed?.places) this.emit(`E.instance.observation.reach(${offset});`);
  }
  /** Returns the declarations of the locals that are not parameters, and of the temporaries, with their first values. */
  #variables(firstLocal: number): string[] {
    const variables: string[] = [];
    for (let i = firstLocal; i < this.localTypes.length; i++) {
      const initial = isRef(this.localTypes[i]!) ? 'null' : '0';
      for (const name of localNames(i, this.localTypes[i]!)) variables.push(`${name}=${initial}`);
    }
    for (const kind of [0, 1, 2] as const) {
      for (let i = 0; i < this.tempCount(kind); i++) {
        variables.push(`${tempName(i * 3 + kind)}=${kind === 2 ? 'null' : '0'}`);
      }
    }
    return variables;
  }
  /** Fills in what is only known at the end: the text, what surrounds it, and the declarations of the views. */
  #finish(body: Body): { views: string; before: string; text: string; after: string } {
    const { out } = body;
    const views = body.views.finish(out, (name) => this.used.add(name));
    if (!this.#delegates) for (const at of body.delegateChecks) out[at] = '';
    if (body.usesTicks) for (const at of body.exits) out[at] = this.#tick('k');
    const countsInLocal = body.writeCharges();
    const text = out.filter((line) => line !== '').join('\n');
    if (!countsInLocal) return { views, before: '', text, after: '' };
    // A trap discards the function's local variables.
    return { views, before: 'let q=R[0];try{', text, after: '}catch(e){if(q>=0)R[0]=q;throw e;}' };
  }
  /** Emits the exit of the function. */
  #emitExit(): void {
    this.#body.exits.push(this.out.length);
    this.emit('');
    if (this.options.depth) this.emit(`R[1]=R[1]+1|0;S[0]=S[0]+${this.#frameBytes}|0;`);
  }
  #enterDepth(): string {
    this.used.add('R').add('E');
    this.used.add('S');
    const bytes = this.#frameBytes;
    return `if((R[1]=R[1]-1|0)<0)E.tooDeep();if((S[0]=S[0]-${bytes}|0)<0)E.stackFull();const dp=R[1],ds=S[0];`;
  }
  /** What a call takes from the stack limit: a share for each local and operand, as in the interpreter. */
  get #frameBytes(): number {
    const { maxStack } = this.info.module.functionInfos[this.index - this.info.spaces.importedFunctions]!;
    return BYTES_PER_VALUE * (this.localTypes.length + maxStack);
  }
  /**
   * Returns the units of the slice that this many instructions take, at least one. Without a part for the length, a deadline would be noticed late in
   * loops with large bodies.
   */
  #units(instructions: number): number {
    return 1 + (instructions >> INSTRUCTIONS_PER_UNIT_SHIFT);
  }
  /** Returns the text that takes units from the slice. */
  #tick(units: string | number): string {
    this.used.add('R').add('E');
    return `if((R[0]=R[0]-${units}|0)<0)E.tick();`;
  }
  /**
   * Emitted before a backward branch: the count stays in a variable, which every return takes from the slice.
   * @param start of the instructions that are repeated
   */
  #loopTick(start: number): string {
    if (!this.options.ticks) return '';
    this.#body.usesTicks = true;
    this.used.add('R').add('E');
    return `if((k=k+${this.#units(this.#instructions - start)}|0)>${LOCAL_TICKS}){${this.#tick('k')}k=0;}`;
  }

  // ---- pieces ----

  /** Whether a piece may begin or end here. */
  #isCut(): boolean {
    return !this.flow.reachable || this.height === this.flow.label(0).height;
  }
  #changeBodies({ regions, labels }: Plan): void {
    while (this.#body.region?.end === this.#instructions) this.#leavePiece(labels);
    for (; regions[this.#nextRegion]?.start === this.#instructions; this.#nextRegion++) {
      this.#enterPiece(regions[this.#nextRegion]!);
    }
  }
  #enterPiece(region: Region): void {
    this.settleAll();
    this.#outer.push(this.#body);
    this.#body = new Body(this.options.checked, this.flow.labels.length, region);
    this.out = this.#body.out;
    this.emit('');
  }
  /** Returns the type of the variable of a local or a temporary, which is that of a word. */
  #typeOf(name: string): ValType {
    const at = Number(name.slice(1));
    const type = isLocalName(name) ? this.localTypes[at]! : name[0] === 'i' ? I32 : name[0] === 'd' ? F64 : EXNREF;
    return type === I64 || type === V128 ? I32 : type;
  }
  readonly #typeOfName = (name: string): ValType => this.#typeOf(name);

  /** Ends a piece: writes its exits there, and here its call with what follows each exit. */
  #leavePiece(labels: Plan['labels']): void {
    const piece = this.#body;
    const { written, liveAfter } = piece.region!;
    const ways = [...piece.ways.values()];
    const { reachable } = this.flow;
    const live = reachable ? liveAfter.slice() : new Uint32Array(liveAfter.length);
    const { targets } = piece;
    for (const exit of ways) {
      if (isFunctionExit(exit)) continue;
      addAll(live, labels[exit.id]!);
      for (const name of exit.targets) targets.add(name);
    }
    // What one exit needs is provided by all exits, so that the caller loads it once, and not for each.
    const names = [
      ...this.localTypes.flatMap((type, local) =>
        has(written, local) && has(live, local) ? localNames(local, type) : [],
      ),
      ...targets,
    ];
    for (const name of names) this.used.add(resultPlace(this.#typeOf(name)).slice(0, 2));
    const isOnly = ways.length === (reachable ? 0 : 1);
    piece.out[0] = `XE:{${ways
      .map((exit) => `${exitLabel(exit)}:{`)
      .reverse()
      .join('')}`;
    ways.forEach((_, i) => {
      // The exit that falls through has number 0.
      if (i > 0 || reachable) this.emit(`${isOnly ? '' : `c=${i};`}break XE;`);
      this.emit('}');
    });
    this.emit(`${isOnly || ways.length === 0 ? '' : `c=${ways.length};`}}`);
    piece.exits.push(this.out.length);
    this.emit('');
    this.emit(exitText(names, this.#typeOfName, !isOnly));
    this.#body = this.#outer.pop()!;
    this.out = this.#body.out;
    this.#callPiece(piece, ways, names, isOnly);
  }
  #callPiece(piece: Body, ways: readonly Exit[], names: readonly string[], isOnly: boolean): void {
    this.#body.hasCalls = true;
    this.handOver();
    const at = this.out.length;
    this.emit('');
    this.#takeBack();
    if (piece.mayMove) this.reloadViews();
    const [first] = names;
    if (isOnly) {
      const call = (text: string): string =>
        first === undefined ? `${text};` : `${first}=${coerced(this.#typeOf(first), text)};`;
      this.#left.push({ piece, caller: this.#body, at, call });
      this.emit(loadsOf(names.slice(1), this.#typeOfName));
      if (ways[0]) this.#follow(ways[0]);
      return;
    }
    const temp = this.temp(0);
    const name = tempName(temp);
    this.#left.push({ piece, caller: this.#body, at, call: (text) => `${name}=${text}|0;` });
    this.releaseTemps([temp]);
    this.emit(`${loadsOf(names, this.#typeOfName)}switch(${name}){`);
    ways.forEach((exit, i) => {
      this.emit(`case ${i + 1}:`);
      this.#follow(exit);
    });
    this.emit('}');
  }
  /** Continues at the target of a piece's exit. */
  #follow(exit: Exit): void {
    if (!isFunctionExit(exit)) {
      const { labels } = this.flow;
      const index = labels.findIndex(({ id }) => id === exit.id);
      this.emit(this.#jumpText(labels.length - 1 - index));
      return;
    }
    const [type] = this.info.spaces.functions[this.index]!.results;
    if (this.#body.region) this.emit(this.#body.leaveFunction());
    else this.#leaveFunction(type === undefined ? '' : this.#resultPlace(type));
  }
  #assemblePiece(piece: Body): { params: readonly string[]; text: string } {
    const { views, before, text, after } = this.#finish(piece);
    const params: string[] = [];
    const variables: string[] = piece.usesTicks ? ['k=0', 'c=0'] : ['c=0'];
    let head = '';
    for (const name of variablesIn(text)) {
      const type = this.#typeOf(name);
      const isGiven = isLocalName(name) ? has(piece.region!.live, Number(name.slice(1))) : piece.targets.has(name);
      if (isGiven) {
        params.push(name);
        head += coercion(name, type);
      } else variables.push(`${name}=${isRef(type) ? 'null' : '0'}`);
    }
    if (variables.length > 0) head += `let ${variables.join()};`;
    if (text.includes('=dp;')) head += 'const dp=R[1],ds=S[0];';
    return { params, text: `function(${params.join()}){${head}${views}${before}\n${text}${after}}` };
  }
  /** A function that is cut has no beginning that a jump could reach. */
  get jumpsToStart(): boolean {
    return this.#plan === undefined;
  }

  // ---- fuel ----

  #openFuelBlock(): void {
    if (!this.options.metered) return;
    this.#closeFuelBlock();
    this.#fuelAt = this.out.length;
    this.#fuelBody = this.#body;
    this.emit('');
  }
  #closeFuelBlock(): void {
    if (this.#fuelAt < 0) return;
    const cost = this.flow.takeCost();
    if (cost > 0) {
      this.used.add('R').add('E');
      this.#fuelBody.charges.push([this.#fuelAt, cost]);
    }
    this.#fuelAt = -1;
  }
  /** Emitted before other code that may count, or a throw. */
  handOver(): void {
    if (!this.options.metered) return;
    this.#body.handOvers.push(this.out.length);
    this.emit('');
  }
  #takeBack(): void {
    if (!this.options.metered) return;
    this.#body.takeBacks.push(this.out.length);
    this.emit('');
  }

  // ---- instructions ----

  #instruction(): void {
    if (this.#plan) this.#changeBodies(this.#plan);
    const cut = this.#record !== undefined && this.#isCut();
    const line = this.out.length;
    const { flow } = this;
    const slot = flow.next();
    this.#record?.note(slot, this.reader, cut, line);
    this.#instructions++;
    const charges = chargesWhileItRuns(this.reader.op);
    if (charges) this.handOver();
    this.#rules[slot]!(this);
    if (charges) this.#takeBack();
    if (flow.beginsBlock) this.#openFuelBlock();
    else if (!flow.reachable) this.#closeFuelBlock();
    if (this.options.observed?.places && flow.beginsPlace) {
      this.flush();
      this.#observePlace(this.reader.pos);
    }
  }

  #newLabel(kind: number, type: FuncType, operands: readonly Operand[]): Label {
    const values = kind === LOOP ? type.params : kind === FUNCTION ? [] : type.results;
    return {
      kind,
      type,
      targeted: false,
      hasElse: false,
      id: this.#labelCount++,
      height: this.height - type.params.length,
      targets: values.map((one) => this.tempsFor(one)),
      at: this.out.length,
      operands,
      named: false,
      close: '',
      exception: '',
      clauses: undefined,
      start: this.#instructions,
    };
  }
  #open(kind: number, text: string, close: string): Label {
    const label = this.#newLabel(kind, this.flow.blockType(), []);
    label.close = close;
    this.emit('');
    this.emit(text);
    this.flow.open(label);
    return label;
  }
  openBlock(): void {
    this.settleAll();
    this.#open(BLOCK, '{', '}');
  }
  openTry(): void {
    this.settleAll();
    this.#open(TRY, '{try{', '');
  }
  openLoop(): void {
    this.settleAll();
    const type = this.flow.blockType();
    const label = this.#newLabel(LOOP, type, []);
    // The parameters move to variables of their own, which branches back assign.
    const values = this.popMany(type.params.length);
    values.forEach((value, i) => {
      this.#assign(label.targets[i]!, value);
      this.release(value);
    });
    this.#floatLocals.forget();
    const opened: Label = { ...label, at: this.out.length };
    this.emit('');
    this.emit('for(;;){');
    this.#body.views.enter(`_${label.id}`, this.out.length);
    this.emit('');
    this.flow.open(opened);
    this.#pushTargets(label, type.params);
  }
  /** Pushes the variables of a label, which keeps its own references to them. */
  #pushTargets(label: Label, types: readonly ValType[]): void {
    types.forEach((type, i) => {
      this.retain(label.targets[i]!);
      this.pushTemps(type, label.targets[i]!);
    });
  }
  openIf(): void {
    this.settleUpTo(this.height - 1);
    const condition = this.popCondition();
    const type = this.flow.blockType();
    const operands = type.params.map((_, i) => this.at(type.params.length - 1 - i));
    const label = this.#newLabel(IF, type, operands);
    label.close = '}';
    this.emit('');
    this.emit(`if(${condition}){`);
    this.flow.open(label);
  }
  beginElse(): void {
    const label = this.flow.label(0);
    if (this.flow.reached) this.#moveTo(label.targets, label.type.results);
    this.#cutTo(label.height);
    for (const operand of label.operands) {
      this.retain(operand.temps);
      this.push(operand);
    }
    this.#floatLocals.forget();
    this.emit('}else{');
  }
  /** Discards the operands above a height. */
  #cutTo(height: number): void {
    while (this.height > height) this.release(this.pop());
  }
  end(): void {
    const { closed: label, reached, reachable } = this.flow;
    const { results } = label.type;
    this.#floatLocals.forget();
    if (label.kind === FUNCTION) {
      if (reached) this.emitReturn();
      this.#closeFuelBlock();
      return;
    }
    if (label.kind === LOOP) {
      this.#endLoop(label);
      return;
    }
    if (reached) this.#moveTo(label.targets, results);
    if (label.kind === IF && !label.hasElse && results.length > 0) {
      this.#cutTo(label.height);
      this.emit('}else{');
      label.operands.forEach((operand, i) => {
        this.#assign(label.targets[i]!, operand);
      });
    }
    this.#closeBlock(label);
    if (label.named) this.out[label.at] = `L${label.id}:`;
    this.#cutTo(label.height);
    if (!reachable) {
      for (const temps of label.targets) this.releaseTemps(temps);
      return;
    }
    results.forEach((type, i) => {
      this.pushTemps(type, label.targets[i]!);
    });
  }
  #closeBlock(label: Label): void {
    if (label.clauses) {
      this.#cutTo(label.height);
      this.#emitClauses(label, label.clauses);
      this.emit('}');
    } else if (label.kind === TRY && label.close === '') this.emit(`}catch(e){throw e;}}`);
    else this.emit(label.close);
  }
  #endLoop(label: Label): void {
    // Unwritten loads use the loop's own variables.
    const { reached } = this.flow;
    if (reached) this.flush();
    this.emit(reached ? 'break;}' : '}');
    this.#body.views.leave();
    if (label.named) this.out[label.at] = `L${label.id}:`;
    for (const temps of label.targets) this.releaseTemps(temps);
    if (!reached) this.#cutTo(label.height);
  }

  // ---- exceptions ----

  openTryTable(): void {
    const { catchKinds, catchTags, catchLabels } = this.reader;
    const clauses = catchKinds.map((kind, i) => ({ kind, tag: catchTags[i]!, depth: catchLabels[i]! }));
    this.settleAll();
    this.#open(BLOCK, '{try{', '').clauses = clauses;
  }
  /** Emits the beginning of a JavaScript catch part: it accepts only exceptions of wasm, and rethrows those that must reach a delegate's target. */
  #enterCatch(label: Label): string {
    const name = `e${label.id}`;
    this.used.add('X');
    this.emit(`}catch(${name}){if(!(${name} instanceof X))throw ${name};`);
    this.#body.delegateChecks.push(this.out.length);
    this.emit(`if(dg!==0){if(dg!==${label.id + 1})throw ${name};dg=0;}`);
    if (this.options.depth) this.emit('R[1]=dp;S[0]=ds;');
    if (this.options.ticks || this.options.metered) this.emit('E.caught();');
    this.#takeBack();
    this.reloadViews();
    return name;
  }
  #emitClauses(label: Label, clauses: readonly Clause[]): void {
    const name = this.#enterCatch(label);
    const height = this.height;
    for (const { kind, tag, depth } of clauses) {
      const tagged = kind === CATCH || kind === CATCH_REF;
      if (tagged) {
        this.used.add(`Y${tag}`);
        this.emit(`if(${name}.tag===Y${tag}){`);
        this.#pushPayload(name, this.info.spaces.tagParams(tag));
      }
      if (kind === CATCH_REF || kind === CATCH_ALL_REF) this.pushFixed(EXNREF, [name]);
      this.leave(depth);
      this.#cutTo(height);
      if (tagged) this.emit('}');
      else {
        this.emit('}');
        return;
      }
    }
    this.emit(`throw ${name};}`);
  }
  /** Pushes the payload of an exception. */
  #pushPayload(name: string, types: readonly ValType[]): void {
    let at = 0;
    for (const type of types) {
      const words: string[] = [];
      for (let i = wordCount(type); i > 0; i--) words.push(`${name}.fields[${at++}]`);
      if (type === F32) {
        this.used.add('f32FromBits');
        this.pushFixed(type, [`f32FromBits(${words[0]}|0)`], false);
      } else
        this.pushFixed(
          type,
          isRef(type) ? words : words.map((word) => (type === F64 ? `(+${word})` : `(${word}|0)`)),
          false,
        );
    }
  }
  beginCatch(withTag: boolean): void {
    const label = this.flow.label(0);
    const { index } = this.reader;
    if (this.flow.reached) this.#moveTo(label.targets, label.type.results);
    this.#cutTo(label.height);
    const first = label.exception === '';
    if (first) label.exception = this.#enterCatch(label);
    this.#floatLocals.forget();
    const name = label.exception;
    if (withTag) {
      this.used.add(`Y${index}`);
      this.emit(`${first ? '' : '}else '}if(${name}.tag===Y${index}){`);
      this.#pushPayload(name, this.info.spaces.tagParams(index));
      this.settleAll();
      label.close = `}else throw ${name};}}`;
    } else {
      this.emit(first ? '{' : '}else{');
      label.close = '}}}';
    }
  }
  delegate(): void {
    const label = this.flow.closed;
    this.#delegates = true;
    const target = this.#handlerFrom(this.reader.index);
    const name = `e${label.id}`;
    label.close = `}catch(${name}){if(dg===0||dg===${label.id + 1})dg=${target};throw ${name};}}`;
    this.end();
  }
  /** Returns the number of the innermost handler at or outside the label `depth` blocks out; -1 if there is none here. */
  #handlerFrom(depth: number): number {
    for (let at = depth; at < this.flow.labels.length; at++) {
      const label = this.flow.label(at);
      if ((label.kind === TRY && label.exception === '') || label.clauses !== undefined) return label.id + 1;
    }
    return -1;
  }
  /** Returns the exception that the catch part `depth` blocks out has caught. */
  caughtAt(depth: number): string {
    return this.flow.label(depth).exception;
  }

  // ---- jumps ----

  /** Returns the types of the operands that a jump to the label `depth` blocks out takes. */
  labelTypes(depth: number): readonly ValType[] {
    return this.flow.branchTypes(this.flow.label(depth));
  }
  #assign(temps: readonly number[], value: Operand): void {
    const { words } = this.exactly(value);
    if (temps.length === 1) {
      const name = tempName(temps[0]!);
      if (name !== words[0]) this.emit(`${name}=${words[0]};`);
      return;
    }
    for (let i = 0; i < temps.length; i++) this.emit(`${tempName(temps[i]!)}=${words[i]};`);
  }
  /** Moves the topmost operands into variables. Does not pop. */
  #moveTo(targets: readonly (readonly number[])[], types: readonly ValType[]): void {
    const count = types.length;
    if (count === 0) return;
    this.flush();
    const values = types.map((_, i) => this.exactly(this.at(count - 1 - i)));
    const held: number[] = [];
    if (count > 1 || wordCount(types[0]!) > 1) {
      // The variables of a loop may be read by operands that are still to be assigned.
      const all = targets.flat();
      values.forEach((value, i) => {
        if (!value.temps.some((temp) => all.includes(temp))) return;
        const temps = this.tempsFor(value.type);
        this.#assign(temps, value);
        held.push(...temps);
        values[i] = { ...value, words: temps.map(tempName), bits: undefined };
      });
    }
    for (let i = 0; i < count; i++) this.#assign(targets[i]!, values[i]!);
    this.releaseTemps(held);
  }

  /** Returns the text that jumps to the label `depth` blocks out; the operands are in place. */
  #jumpText(depth: number): string {
    const label = this.flow.label(depth);
    label.named = true;
    if (this.flow.labels.length - 1 - depth < this.#body.firstLabel) {
      return this.#body.leave(label.id, label.targets.flat().map(tempName));
    }
    if (label.kind === LOOP) {
      return `${this.#loopTick(label.start)}continue L${label.id};`;
    }
    return `break L${label.id};`;
  }
  /** Jumps to a label with the topmost operands, or returns. Does not pop. */
  leave(depth: number): void {
    const label = this.flow.label(depth);
    if (label.kind === FUNCTION) {
      this.emitReturn();
      return;
    }
    this.#moveTo(label.targets, this.labelTypes(depth));
    this.emit(this.#jumpText(depth));
  }
  branch(depth: number): void {
    // Operands that the label does not take may still trap.
    this.flush();
    this.leave(depth);
  }
  /** Jumps if a condition that was already popped holds; the operands of the label stay. Everything with effects is written before it. */
  branchWhen(condition: string, depth: number): void {
    this.#keepForBoth(this.labelTypes(depth).length);
    this.emit(`if(${condition}){`);
    this.leave(depth);
    this.emit('}');
  }
  /** Settles operands that are used on both paths after a branch. */
  #keepForBoth(count: number): void {
    for (let below = count - 1; below >= 0; below--) this.settle(below);
  }
  branchIf(depth: number): void {
    const arity = this.labelTypes(depth).length;
    for (let below = arity; below >= 1; below--) this.settle(below);
    this.branchWhen(this.popCondition(), depth);
  }
  branchTable(labels: Uint32Array, count: number): void {
    const arity = this.labelTypes(labels[count]!).length;
    for (let below = arity; below >= 1; below--) this.settle(below);
    this.flushBelow(1);
    const index = this.pop();
    this.emit(`switch(${index.words[0]}){`);
    this.release(index);
    // The cases of one target are grouped; the default's own cases need no line.
    const groups = new Map<number, number[]>();
    for (let i = 0; i < count; i++) {
      if (labels[i] === labels[count]) continue;
      const group = groups.get(labels[i]!);
      if (group) group.push(i);
      else groups.set(labels[i]!, [i]);
    }
    for (const [depth, cases] of groups) {
      this.emit(cases.map((one) => `case ${one}:`).join(''));
      this.leave(depth);
    }
    this.emit('default:');
    this.leave(labels[count]!);
    this.emit('}');
  }

  /** Pops an i32 as a boolean expression, after writing everything that must be evaluated before it. */
  popCondition(): string {
    const operand = this.pop();
    this.flush();
    // The caller writes the text at once, so nothing can take its variables in between.
    this.release(operand);
    return operand.condition ?? operand.words[0]!;
  }

  /** Returns the topmost operands as results. Does not pop. */
  emitReturn(): void {
    const { results } = this.info.spaces.functions[this.index]!;
    const count = results.length;
    this.flush();
    if (count === 0) {
      this.#leaveFunction('');
      return;
    }
    const values = results.map((_, i) => this.exactly(this.at(count - 1 - i)));
    const first = values[0]!;
    for (let i = 1; i < count; i++) this.emit(this.resultText(i, values[i]!));
    if (first.type === I64) {
      this.used.add('HIGH');
      this.emit(`HIGH[0]=${first.words[1]};`);
    } else if (first.type === V128) {
      this.used.add('W');
      this.emit(`W[1]=${first.words[1]};W[2]=${first.words[2]};W[3]=${first.words[3]};`);
    }
    const [text] = first.words;
    if (this.options.ticks && !first.simple && !this.#body.region) {
      // The code of the exit must not come between an expression with effects and its value.
      const temps = [this.temp(isRef(first.type) ? 2 : first.type === F32 || first.type === F64 ? 1 : 0)];
      const name = tempName(temps[0]!);
      this.emit(`${name}=${text};`);
      this.#leaveFunction(name);
      this.releaseTemps(temps);
      return;
    }
    this.#leaveFunction(text!);
  }
  /** Returns a text; a piece leaves it where its caller reads it. */
  #leaveFunction(value: string): void {
    const [type] = this.info.spaces.functions[this.index]!.results;
    if (this.#body.region) {
      if (value !== '') this.emit(`${this.#resultPlace(type!)}=${value};`);
      this.emit(this.#body.leaveFunction());
      return;
    }
    this.#emitExit();
    this.emit(value === '' ? 'return;' : `return ${value};`);
  }
  #resultPlace(type: ValType): string {
    const place = resultPlace(type);
    this.used.add(place.slice(0, 2));
    return place;
  }
  /** Stores a result beyond the first where callers read it. */
  resultText(i: number, { type, words }: Operand): string {
    if (isRef(type)) {
      this.used.add('W_REFS');
      return `W_REFS[${i}]=${words[0]};`;
    }
    if (type === F32 || type === F64) {
      this.used.add('W_F64');
      return `W_F64[${i}]=${words[0]};`;
    }
    this.used.add('W');
    return words.map((word, k) => `W[${i * 4 + k}]=${word};`).join('');
  }

  // ---- calls ----

  /** Called after the arguments were popped: writes a call and pushes its results. `held` are temporaries that the callee's text reads. */
  emitCall(
    callee: string,
    args: readonly Operand[],
    results: readonly ValType[],
    mayMove: boolean,
    held: readonly number[] = [],
  ): void {
    this.#body.hasCalls = true;
    const text = `${callee}(${this.argumentTexts(args).join()})`;
    this.release(...args);
    this.releaseTemps(held);
    this.handOver();
    const [first] = results;
    if (first === undefined) {
      this.emit(`${text};`);
    } else {
      const temps = results.map((type) => this.tempsFor(type));
      this.emit(`${tempName(temps[0]![0]!)}=${coerced(first, text)};`);
      results.forEach((type, i) => {
        this.#takeResult(i, type, temps[i]!);
        this.pushTemps(type, temps[i]!);
      });
    }
    this.#takeBack();
    if (mayMove) this.reloadViews();
  }
  /** Writes a library call whose result is a value of a type, and pushes it. Its operands are already popped. */
  takeCall(call: string, operands: readonly Operand[], type: ValType, quiet: boolean): void {
    const temps = this.tempsFor(type);
    this.emit(`${tempName(temps[0]!)}=${coerced(type, call)};`);
    this.#takeResult(0, type, temps);
    this.release(...operands);
    this.pushTemps(type, temps, quiet);
  }
  #takeResult(i: number, type: ValType, temps: readonly number[]): void {
    const names = temps.map(tempName);
    if (i === 0) {
      if (type === I64) {
        this.used.add('HIGH');
        this.emit(`${names[1]}=HIGH[0];`);
      } else if (type === V128) {
        this.used.add('W');
        this.emit(`${names[1]}=W[1];${names[2]}=W[2];${names[3]}=W[3];`);
      }
      return;
    }
    if (isRef(type)) {
      this.used.add('W_REFS');
      this.emit(`${names[0]}=W_REFS[${i}];`);
    } else if (type === F32 || type === F64) {
      this.used.add('W_F64');
      this.emit(`${names[0]}=W_F64[${i}];`);
    } else {
      this.used.add('W');
      this.emit(names.map((name, k) => `${name}=W[${i * 4 + k}];`).join(''));
    }
  }
  argumentTexts(args: readonly Operand[]): string[] {
    return args.flatMap((arg) => this.exactly(arg).words);
  }
  /** Leaves the pending tail call of this function's body. */
  emitTailCall(callee: string, args: readonly Operand[], held: readonly number[]): void {
    this.#body.hasCalls = true;
    this.#tailCalls = true;
    this.used.add('TC');
    const texts = this.argumentTexts(args);
    // V8 makes NaNs quiet in arrays that contain only numbers. Functions ignore the additional argument.
    if (args.some(({ type }) => type === F32 || type === F64)) texts.push('null');
    this.emit(`TC.args=[${texts.join()}];TC.callee=${callee};`);
    this.#leaveFunction('');
    this.release(...args);
    this.releaseTemps(held);
  }
  /** A tail call of the function itself becomes a jump to its beginning. */
  emitSelfTailCall(args: readonly Operand[]): void {
    const held = args.map((arg) => this.tempsFor(arg.type));
    args.forEach((arg, i) => {
      this.#assign(held[i]!, arg);
    });
    args.forEach((arg, i) => {
      localNames(i, arg.type).forEach((name, k) => {
        this.emit(`${name}=${tempName(held[i]![k]!)};`);
      });
    });
    this.releaseTemps(held.flat());
    for (let i = args.length; i < this.localTypes.length; i++) {
      const type = this.localTypes[i]!;
      const zero = isRef(type) ? 'null' : '0';
      this.emit(`${localNames(i, type).join('=')}=${zero};`);
    }
    this.release(...args);
    this.#selfTailCalls = true;
    if (this.options.observed?.functions) this.#observeSelfTailCall();
    this.emit(`${this.#loopTick(0)}continue LF;`);
  }

  // ---- memories ----

  /** Returns the DataView of a memory. */
  view(memory: number): string {
    return this.#body.views.view(memory);
  }
  /** Returns the variable that holds the memory's length, in checked code. */
  limit(memory: number): string {
    return this.#body.views.limit(memory);
  }
  /** Reads the views again after anything that may have grown a memory. */
  reloadViews(): void {
    this.#body.mayMove = true;
    this.#body.views.reload(this.out.length);
    this.emit('');
  }

  // ---- locals ----

  setLocal(local: number, value: Operand): void {
    const type = this.localTypes[local]!;
    const names = localNames(local, type);
    this.settleReaders(local);
    if (value.effects) this.flush();
    let { words } = value;
    if (type === F32) {
      const isExact = this.#floatLocals.assign(local, value.local, value.quiet);
      if (isExact) words = this.exactly(value).words;
    }
    if (names.length > 1 && value.reads.includes(local)) {
      const temps = this.tempsFor(type);
      temps.forEach((temp, i) => {
        this.emit(`${tempName(temp)}=${words[i]};`);
      });
      words = temps.map(tempName);
      this.releaseTemps(temps);
    }
    names.forEach((name, i) => {
      if (name !== words[i]) this.emit(`${name}=${words[i]};`);
    });
  }
  isQuietLocal(local: number): boolean {
    return this.#floatLocals.isQuiet(local);
  }

  /** Returns an f32 whose bits are significant: a signalling NaN becomes the f64 NaN with the same payload. */
  protected override exactly(operand: Operand): Operand {
    if (operand.type !== F32) return operand;
    this.markExact(operand);
    if (operand.bits === undefined || operand.quiet) return operand;
    this.used.add('f32FromBits');
    return { ...operand, words: [`f32FromBits(${operand.bits})`] };
  }
  /** Records that the bits of an f32 operand are significant. */
  markExact(operand: Operand): void {
    if (operand.local >= 0 && !operand.quiet) this.#floatLocals.readExactly(operand.local);
  }
}

/** Coerces a call's result, so that the JavaScript engine's optimizer knows its type. */
export function coerced(type: ValType, text: string): string {
  if (type === F32 || type === F64) return `+${text}`;
  return isRef(type) ? text : `${text}|0`;
}
