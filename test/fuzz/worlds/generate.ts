// A world from a seed: modules that share what they have, and a plan made of short stories, each of which leads up to one of the orders
// that are dangerous. Refuses nothing; the same numbers give the same world.
import { Random } from '../random.js';
import { CodeGenerator } from './generate-code.js';
import type { AllocatorKind, Level, MemoryShape, ModuleShape, Statement, Step, World } from './world.js';
import { TABLE_LENGTH } from './world.js';

const ALLOCATORS: readonly AllocatorKind[] = ['pool', 'pool', 'pool', 'user', 'user', 'system'];
const LEVELS: readonly Level[] = ['plain', 'plain', 'legacy', 'modern', 'modern', 'modern'];
const HOOKS = 3;
const MOST_MODULES = 4;

class WorldGenerator {
  readonly #random: Random;
  readonly #level: Level;
  readonly #modules: ModuleShape[] = [];
  readonly #steps: Step[] = [];
  readonly #begun: number[] = [];
  /** Worlds in which nothing ends and nothing fails to be born: what such an end leaves behind would hide all else. */
  readonly #lasting: boolean;
  #keys = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#level = random.pick(LEVELS);
    this.#lasting = !random.oneIn(3);
  }

  get #modern(): boolean {
    return this.#level === 'modern';
  }

  world(): World {
    const random = this.#random;
    const count = 2 + random.below(MOST_MODULES - 1);
    for (let i = 0; i < count; i++) this.#modules.push(this.#module(i));
    this.#births();
    const stories = 3 + random.below(4);
    for (let i = 0; i < stories; i++) this.#story();
    while (this.#begun.length > 0) this.#resume();
    const hooks = Array.from({ length: HOOKS }, () => this.#hook());
    return {
      allocator: random.pick(ALLOCATORS),
      level: this.#level,
      metered: random.oneIn(4),
      modules: this.#modules,
      steps: this.#steps,
      hooks,
    };
  }

  // ---- modules ----

  /** Module 0 imports nothing; every other one shares something with those before it. */
  #module(number: number): ModuleShape {
    const random = this.#random;
    const first = number === 0;
    const memories: MemoryShape[] = [{ imported: !first && !random.oneIn(3), wide: this.#isWide(0) }];
    if (this.#modern && random.oneIn(2)) memories.push({ imported: false, wide: random.oneIn(3) });
    const importedFunctions = first ? 0 : random.below(4);
    const large = random.oneIn(2);
    const own = (large ? 4 : 2) + random.below(4);
    const functions = Array.from({ length: own }, () =>
      new CodeGenerator({
        random,
        level: this.#level,
        memories: memories.length,
        functions: importedFunctions + own,
        large,
        hooks: HOOKS,
      }).body(),
    );
    if (random.oneIn(4)) functions.push([{ do: 'spin', memory: 0, times: 200_000 }]);
    return {
      memories,
      importsTable: !first && !random.oneIn(5),
      importsGlobals: !first && random.oneIn(2),
      importsTag: !first && !random.oneIn(4),
      importedFunctions,
      functions,
      elements: this.#elements(own),
      data: [{ memory: 0, at: random.below(64), bytes: [1, 2, 3, number] }, ...this.#failingData()],
      start: !this.#lasting && random.oneIn(4) ? random.below(own) : undefined,
      large,
    };
  }
  /** The memories of one place in all modules are of one form, so that each can be imported for each. */
  #isWide(index: number): boolean {
    const before = this.#modules[0]?.memories[index];
    return before?.wide ?? (this.#modern && this.#random.oneIn(5));
  }
  #elements(functions: number): ModuleShape['elements'] {
    const random = this.#random;
    const count = 1 + random.below(3);
    const own = Array.from({ length: count }, () => random.below(functions));
    return [{ at: random.below(TABLE_LENGTH - count), functions: own }];
  }
  /** Instantiation that fails when tables are written already. */
  #failingData(): ModuleShape['data'] {
    return !this.#lasting && this.#modules.length > 0 && this.#random.oneIn(4)
      ? [{ memory: 0, at: 0x7fff_0000, bytes: [1] }]
      : [];
  }

  // ---- the plan ----

  #births(): void {
    for (const module of this.#modules.keys()) this.#steps.push(this.#birth(module, module));
  }
  #birth(module: number, slot: number): Step {
    const random = this.#random;
    const from = (): number => (random.oneIn(3) ? random.below(Math.max(1, module)) : 0);
    const shape = this.#modules[module]!;
    return {
      do: 'instantiate',
      slot,
      module,
      memories: shape.memories.filter((one) => one.imported).map(() => [from(), 0]),
      table: from(),
      globals: from(),
      tag: from(),
      functions: Array.from({ length: shape.importedFunctions }, () => {
        const owner = from();
        return [owner, random.below(this.#modules[owner]!.functions.length)];
      }),
    };
  }

  #slot(): number {
    return this.#random.below(this.#modules.length);
  }
  #call(slot = this.#slot()): Step {
    const random = this.#random;
    return { do: 'call', slot, function: random.below(this.#modules[slot]!.functions.length), x: random.below(1000) };
  }
  #callTable(): Step {
    const random = this.#random;
    return { do: 'callTable', slot: this.#slot(), index: random.below(TABLE_LENGTH), x: random.below(1000) };
  }
  #grow(): Step {
    return { do: 'grow', slot: this.#slot(), memory: 0, by: this.#random.oneIn(8) ? 100 : 1 };
  }
  #end(): Step {
    return this.#lasting ? this.#call() : { do: 'end', slot: this.#slot() };
  }
  #block(): Step {
    return { do: 'block', bytes: this.#random.pick([64, 70_000, 66_000]) };
  }
  #bystanders(): Step {
    return { do: 'bystanders', count: 1 + this.#random.below(3) };
  }
  #resume(): void {
    const key = this.#begun.pop();
    if (key !== undefined) this.#steps.push({ do: 'resume', key });
  }

  /** A module that mode jit compiles function by function, where there is one. */
  #largeSlot(): number {
    const large = this.#modules.flatMap((module, slot) => (module.large ? [slot] : []));
    return large.length > 0 ? this.#random.pick(large) : this.#slot();
  }
  #shuffled(list: readonly number[]): number[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.#random.below(rest.length), 1)[0]!);
  }

  #story(): void {
    const random = this.#random;
    const add = (...steps: readonly Step[]): void => void this.#steps.push(...steps);
    switch (random.below(this.#lasting ? 7 : 9)) {
      case 0:
      case 1: {
        // Linked, moved, linked late, moved, touched: every function in turn, and something before which nothing grows in place.
        const slot = this.#largeSlot();
        const order = this.#shuffled(this.#modules[slot]!.functions.map((_, i) => i));
        for (const index of [...order, ...order.slice(0, 2)]) {
          add({ do: 'call', slot, function: index, x: random.below(1000) });
          if (random.oneIn(2)) add(this.#block());
        }
        add(this.#bystanders(), this.#call(slot));
        return;
      }
      case 7: {
        // What an instance that ended left behind.
        const slot = random.below(this.#modules.length);
        add(
          this.#call(slot),
          { do: 'end', slot },
          this.#bystanders(),
          this.#callTable(),
          this.#call(),
          this.#callTable(),
        );
        add(this.#birth(slot, slot));
        return;
      }
      case 8: {
        // What an instance that never was left behind.
        const module = random.below(this.#modules.length);
        add(this.#birth(module, module), this.#bystanders(), this.#callTable(), this.#callTable(), this.#call());
        return;
      }
      case 2:
      case 3:
        this.#begin();
        add(this.#meanwhile(), this.#meanwhile());
        if (random.oneIn(2)) this.#resume();
        return;
      case 4:
        this.#begin();
        add(this.#block(), this.#grow(), this.#bystanders());
        this.#resume();
        return;
      case 5:
        add(this.#block(), this.#grow(), this.#bystanders(), this.#call(), { do: 'unblock' }, this.#call());
        return;
      default:
        add(this.#call(), this.#call(), this.#callTable());
        return;
    }
  }

  /** A call that pauses or takes long, where the modules have one. */
  #begin(): void {
    const random = this.#random;
    const wanted = (body: readonly Statement[]): boolean => body.some((one) => one.do === 'pause' || one.do === 'spin');
    const places = this.#modules.flatMap(({ functions }, slot) =>
      functions.flatMap((body, index) => (wanted(body) ? [[slot, index] as const] : [])),
    );
    if (places.length === 0) return;
    const [slot, index] = random.pick(places);
    const key = this.#keys++;
    this.#steps.push({ do: 'begin', key, slot, function: index, x: random.below(1000) });
    this.#begun.push(key);
    // Nothing but what cannot meet its writes may happen while it runs in slices.
    if (this.#modules[slot]!.functions[index]!.some((one) => one.do === 'spin')) {
      this.#steps.push(this.#block(), this.#grow(), this.#bystanders(), { do: 'elsewhere' });
      this.#resume();
    }
  }
  #meanwhile(): Step {
    const random = this.#random;
    return random.pick([
      this.#call(),
      this.#call(),
      this.#grow(),
      this.#block(),
      this.#bystanders(),
      this.#callTable(),
      { do: 'elsewhere' },
      this.#end(),
    ] satisfies Step[]);
  }
  /** Within a call: mostly what moves a memory, and gives its place away. */
  #hook(): Step[] {
    const random = this.#random;
    const count = 1 + random.below(3);
    return Array.from({ length: count }, () =>
      random.pick([
        this.#block(),
        this.#grow(),
        this.#grow(),
        this.#bystanders(),
        this.#call(),
        this.#call(),
        this.#callTable(),
        this.#end(),
      ] satisfies Step[]),
    );
  }
}

export function generateWorld(seed: number, number: number): World {
  return new WorldGenerator(new Random(seed, number)).world();
}
