// Carries out the plan of a world on one side and writes down all that can be seen after each step: outcomes, natives, whole memories,
// tables, globals. Refuses nothing: a step whose instance there is not is left out, so that plans stay whole when they are made smaller.
import { type Natives, OBJECTS, type Side } from './side.js';
import { type ModuleShape, type Step, TABLE_LENGTH, type World } from './world.js';

export interface Transcript {
  readonly lines: readonly string[];
  /** The first line of each step that was begun, by the number of the step. */
  readonly starts: ReadonlyMap<number, number>;
  /** What must never be, whatever other sides do. */
  readonly incidents: readonly string[];
}

interface Live {
  readonly name: string;
  readonly instance: unknown;
  readonly shape: ModuleShape;
}

/** A call that runs while others do. */
interface Pending {
  readonly key: number;
  paused: boolean;
  release: () => void;
  outcome: Promise<string> | string | undefined;
}

class LeftOut extends Error {}

const CALL_DEPTH = 4;
/** Hooks within one step. */
const MOST_HOOKS = 8;
const MOST_HOOK_DEPTH = 2;

/** FNV-1a over words. */
function hashOf(bytes: Uint8Array): string {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193) ^ (hash >>> 15);
  return (hash >>> 0).toString(16);
}

export class Player implements Natives {
  readonly #world: World;
  readonly #side: Side;
  readonly lines: string[] = [];
  readonly starts = new Map<number, number>();
  readonly incidents: string[] = [];
  readonly #slots = new Map<number, Live>();
  readonly #alive: Live[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #pending = new Map<number, Pending>();
  /** Keys of the asynchronous calls that the running code belongs to; undefined for others. */
  readonly #entries: (number | undefined)[] = [];
  /** Every memory as it was when it was last looked at: most do not change, and comparing is faster than counting again. */
  readonly #seen = new Map<string, { readonly bytes: Uint8Array; readonly hash: string }>();
  #born = 0;
  #next = 0;
  #hooks = 0;
  #hookDepth = 0;
  /** While a call runs in slices beside the plan, when its writes are seen depends on the clock. */
  readonly #spinning = new Set<number>();

  constructor(world: World, side: Side) {
    this.#world = world;
    this.#side = side;
  }

  async play(): Promise<void> {
    this.#side.begin(this);
    if (this.#side.pauses) await this.#playApart();
    else this.#playWithin(undefined);
    for (const live of [...this.#alive].reverse()) this.#attempt(() => this.#end(live));
    this.incidents.push(...this.#side.damage().map((line) => `at the end: ${line}`));
    this.incidents.push(...this.#side.finish());
  }

  // ---- the plan ----

  /** Asynchronous calls run beside the steps. */
  async #playApart(): Promise<void> {
    const { steps } = this.#world;
    for (; this.#next < steps.length; this.#next++) {
      const step = steps[this.#next]!;
      this.#start(step);
      if (step.do === 'begin') await this.#begin(step);
      else if (step.do === 'resume') await this.#resume(step.key);
      else this.#line(this.#attempt(() => this.#step(step)));
      this.#look();
    }
    for (const key of [...this.#pending.keys()].reverse()) {
      this.#line(`resume ${key}`);
      await this.#resume(key);
      this.#look();
    }
  }

  /** Steps up to where the call of that key goes on: they run within the native that it waits for. */
  #playWithin(key: number | undefined): void {
    const { steps } = this.#world;
    while (this.#next < steps.length) {
      const step = steps[this.#next++]!;
      this.#start(step, this.#next - 1);
      if (step.do === 'begin') this.#beginWithin(step);
      else if (step.do === 'resume') {
        const pending = this.#pending.get(step.key);
        if (pending?.paused && step.key !== key) throw new Error('the plan crosses asynchronous calls');
        if (step.key === key) return;
        this.#finish(step.key, pending?.outcome as string | undefined);
      } else this.#line(this.#attempt(() => this.#step(step)));
      this.#look();
    }
    for (const [rest, { paused, outcome }] of [...this.#pending].reverse()) {
      if (rest === key) return void this.#line(`resume ${rest}`);
      if (paused) throw new Error('the plan crosses asynchronous calls');
      this.#line(`resume ${rest}`);
      this.#finish(rest, outcome as string);
      this.#look();
    }
  }

  #start(step: Step, number = this.#next): void {
    this.#hooks = 0;
    this.starts.set(number, this.lines.length);
    this.#line(JSON.stringify(step));
  }
  #line(text: string): void {
    this.lines.push(text);
  }
  #attempt(work: () => string): string {
    try {
      return `  -> ${work()}`;
    } catch (error) {
      return error instanceof LeftOut ? '  left out' : `  -> ${this.#side.classify(error)}`;
    }
  }

  // ---- steps ----

  #live(slot: number): Live {
    const live = this.#slots.get(slot);
    if (live === undefined) throw new LeftOut();
    return live;
  }
  #export(slot: number, name: string): unknown {
    const found = this.#side.exported(this.#live(slot).instance, name);
    if (found === undefined || found === null) throw new LeftOut();
    return found;
  }
  #enter<T>(key: number | undefined, work: () => T): T {
    this.#entries.push(key);
    try {
      return work();
    } finally {
      this.#entries.pop();
    }
  }

  #step(step: Step): string {
    const side = this.#side;
    switch (step.do) {
      case 'instantiate':
        return this.#enter(undefined, () => this.#instantiate(step));
      case 'call': {
        const function_ = this.#export(step.slot, `f${step.function}`);
        return this.#enter(undefined, () => `${side.call(function_, step.x, CALL_DEPTH)}`);
      }
      case 'callTable': {
        const element = side.element(this.#export(step.slot, 'table'), step.index % TABLE_LENGTH);
        if (element === null) return 'null';
        return this.#enter(undefined, () => `${side.call(element, step.x, CALL_DEPTH)}`);
      }
      case 'grow':
        return `${side.grow(this.#export(step.slot, `memory${step.memory}`), step.by)}`;
      case 'end':
        return this.#end(this.#live(step.slot));
      case 'block':
        side.block(step.bytes);
        return 'done';
      case 'unblock':
        side.unblock();
        return 'done';
      case 'bystanders':
        side.bystanders(step.count);
        return 'done';
      case 'elsewhere':
        side.elsewhere();
        return 'done';
      default:
        throw new LeftOut();
    }
  }

  #instantiate(step: Extract<Step, { do: 'instantiate' }>): string {
    const shape = this.#world.modules[step.module]!;
    const imports: Record<string, unknown> = {};
    let imported = 0;
    shape.memories.forEach((memory, i) => {
      if (!memory.imported) return;
      const [slot, index] = step.memories[imported++]!;
      imports[`memory${i}`] = this.#export(slot, `memory${index}`);
    });
    if (shape.importsTable) imports.table = this.#export(step.table, 'table');
    const globals = this.#world.level === 'modern' ? 4 : 2;
    for (let i = 0; i < globals && shape.importsGlobals; i++)
      imports[`global${i}`] = this.#export(step.globals, `global${i}`);
    if (shape.importsTag && this.#world.level !== 'plain') imports.tag = this.#export(step.tag, 'tag');
    for (let i = 0; i < shape.importedFunctions; i++) {
      const [slot, index] = step.functions[i]!;
      imports[`f${i}`] = this.#export(slot, `f${index}`);
    }
    const name = `g${this.#born++}`;
    const instance = this.#side.instantiate({ name, slot: step.slot, module: step.module, imports });
    const live = { name, instance, shape };
    this.#slots.set(step.slot, live);
    this.#alive.push(live);
    shape.functions.forEach((_, i) => {
      this.#names.set(this.#side.identity(this.#side.exported(instance, `f${i}`)), `${name}.f${i}`);
    });
    return name;
  }

  #end(live: Live): string {
    this.#side.end(live.instance);
    this.#alive.splice(this.#alive.indexOf(live), 1);
    for (const [slot, one] of this.#slots) if (one === live) this.#slots.delete(slot);
    return `ended ${live.name}`;
  }

  // ---- asynchronous calls ----

  #pend(key: number): Pending {
    const pending: Pending = { key, paused: false, release: () => {}, outcome: undefined };
    this.#pending.set(key, pending);
    return pending;
  }
  #isSpin(slot: number, index: number): boolean {
    return this.#slots.get(slot)?.shape.functions[index]?.some((one) => one.do === 'spin') ?? false;
  }

  async #begin({ key, slot, function: index, x }: Extract<Step, { do: 'begin' }>): Promise<void> {
    const live = this.#slots.get(slot);
    const function_ = live && this.#side.exported(live.instance, `f${index}`);
    if (!live || !function_ || this.#pending.has(key)) return this.#line('  left out');
    const pending = this.#pend(key);
    let settled = false;
    const outcome = this.#side.callAsync(live.instance, function_, x, CALL_DEPTH, key).then(
      (value) => `  -> ${value}`,
      (error) => `  -> ${this.#side.classify(error)}`,
    );
    pending.outcome = outcome.finally(() => {
      settled = true;
    });
    if (this.#isSpin(slot, index)) {
      this.#spinning.add(key);
      await this.#side.turn();
    } else while (!settled && !pending.paused) await this.#side.turn();
    this.#line('  begun');
  }
  async #resume(key: number): Promise<void> {
    const pending = this.#pending.get(key);
    pending?.release();
    const outcome = await pending?.outcome;
    this.#finish(key, outcome);
  }
  #finish(key: number, outcome: string | undefined): void {
    this.#pending.delete(key);
    this.#line(outcome ?? '  left out');
    this.#spinning.delete(key);
  }

  #beginWithin({ key, slot, function: index, x }: Extract<Step, { do: 'begin' }>): void {
    const live = this.#slots.get(slot);
    const function_ = live && this.#side.exported(live.instance, `f${index}`);
    if (!live || !function_ || this.#pending.has(key)) {
      this.#line('  left out');
      return;
    }
    if (this.#isSpin(slot, index)) this.#spinning.add(key);
    const pending = this.#pend(key);
    const outcome = this.#attempt(() => this.#enter(key, () => `${this.#side.call(function_, x, CALL_DEPTH)}`));
    if (pending.paused) {
      this.#finish(key, outcome);
      return;
    }
    pending.outcome = outcome;
    this.#line('  begun');
  }

  // ---- natives ----

  pause(known: number | undefined): Promise<void> | undefined {
    const key = known ?? (this.#side.pauses ? undefined : this.#entries.at(-1));
    const pending = key === undefined ? undefined : this.#pending.get(key);
    if (pending === undefined || pending.paused) return undefined;
    pending.paused = true;
    if (this.#side.pauses) {
      return new Promise((resolve) => {
        pending.release = resolve;
      });
    }
    this.#line('  begun');
    this.#look();
    this.#enter(undefined, () => this.#playWithin(key));
    return undefined;
  }

  hook(id: number, x: number): number {
    const steps = this.#world.hooks[id];
    if (steps === undefined || this.#hooks >= MOST_HOOKS || this.#hookDepth >= MOST_HOOK_DEPTH) return -1;
    this.#hooks++;
    this.#hookDepth++;
    try {
      this.#line(`    hook ${id}(${x})`);
      for (const step of steps) this.#line(`    ${step.do}${this.#attempt(() => this.#step(step))}`);
    } finally {
      this.#hookDepth--;
    }
    return steps.length;
  }

  look(value: bigint): void {
    if (this.#side.isSecret(value)) this.incidents.push(`step ${this.#next}: a guest read what only another one knows`);
    this.#line(`    look ${value}`);
  }

  mark(object: unknown): number {
    return object === null ? -1 : OBJECTS.indexOf(object as object);
  }

  // ---- what can be seen ----

  #look(): void {
    for (const line of this.#side.damage()) this.incidents.push(`step ${this.#next}: ${line}`);
    if (this.#spinning.size > 0) return;
    for (const { name, instance, shape } of this.#alive) {
      const parts = shape.memories.map((_, i) => {
        const bytes = this.#side.bytes(this.#side.exported(instance, `memory${i}`));
        return `${bytes.length} ${this.#hash(`${name} ${i}`, bytes)}`;
      });
      if (!shape.importsTable) parts.push(this.#table(this.#side.exported(instance, 'table')));
      if (!shape.importsGlobals) parts.push(`${this.#side.global(this.#side.exported(instance, 'global0'))}`);
      this.#line(`  ${name}: ${parts.join(', ')}`);
    }
  }
  #hash(memory: string, bytes: Uint8Array): string {
    const before = this.#seen.get(memory);
    if (before !== undefined && Buffer.compare(before.bytes, bytes) === 0) return before.hash;
    const hash = hashOf(bytes);
    this.#seen.set(memory, { bytes: bytes.slice(), hash });
    return hash;
  }
  #table(table: unknown): string {
    const names = Array.from({ length: TABLE_LENGTH }, (_, i) => {
      const element = this.#side.element(table, i);
      return element === null ? '-' : (this.#names.get(this.#side.identity(element)) ?? 'function');
    });
    return names.join(' ');
  }
}

/** Plays a world on a side that nothing else uses. A side that breaks is an incident. */
export async function play(world: World, side: Side): Promise<Transcript> {
  const player = new Player(world, side);
  const { lines, starts, incidents } = player;
  try {
    await player.play();
  } catch (error) {
    incidents.push(`at the end of ${lines.length} lines the side broke: ${side.classify(error)}`);
  }
  return { lines, starts, incidents };
}
