// Makes a world smaller while it still fails: steps go, then statements, functions, segments and what is special. Refuses nothing.
import type { ModuleShape, Statement, World } from './world.js';

export type Failing = (world: World) => Promise<boolean>;

/** Tries in all: a larger world than needed is better than waiting. */
const MOST_TRIES = 600;

class Reducer {
  readonly #failing: Failing;
  readonly #end: number;
  #tries = 0;
  world: World;

  constructor(world: World, failing: Failing, milliseconds: number) {
    this.world = world;
    this.#failing = failing;
    this.#end = Date.now() + milliseconds;
  }

  async #try(change: Partial<World>): Promise<boolean> {
    if (this.#tries++ >= MOST_TRIES || Date.now() > this.#end) return false;
    const smaller = { ...this.world, ...change };
    if (!(await this.#failing(smaller))) return false;
    this.world = smaller;
    return true;
  }

  async run(): Promise<void> {
    // What one round removed may be what the next one needed.
    for (let round = 0, before = ''; round < 3 && before !== JSON.stringify(this.world); round++) {
      before = JSON.stringify(this.world);
      await this.#list(this.world.steps, (steps) => this.#try({ steps }));
      for (let i = 0; i < this.world.hooks.length; i++) {
        await this.#list(this.world.hooks[i]!, (steps) =>
          this.#try({ hooks: this.world.hooks.map((old, k) => (k === i ? steps : old)) }),
        );
      }
      for (let i = 0; i < this.world.modules.length; i++) await this.#module(i);
    }
    await this.#try({ metered: false });
    if (this.world.allocator !== 'pool') await this.#try({ allocator: 'pool' });
  }

  /** Leaves out items, many at a time first. */
  async #list<T>(list: readonly T[], replace: (list: readonly T[]) => Promise<boolean>): Promise<void> {
    let items = list;
    for (let size = Math.max(1, items.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
      for (let at = items.length - size; at >= 0; at -= size) {
        const fewer = [...items.slice(0, at), ...items.slice(at + size)];
        if (fewer.length < items.length && (await replace(fewer))) items = fewer;
      }
    }
  }

  #change(index: number, change: Partial<ModuleShape>): Promise<boolean> {
    return this.#try({ modules: this.world.modules.map((old, k) => (k === index ? { ...old, ...change } : old)) });
  }
  async #module(index: number): Promise<void> {
    const module = (): ModuleShape => this.world.modules[index]!;
    if (module().large) await this.#change(index, { large: false });
    if (module().start !== undefined) await this.#change(index, { start: undefined });
    await this.#list(module().data, (data) => this.#change(index, { data }));
    await this.#list(module().elements, (elements) => this.#change(index, { elements }));
    for (let f = 0; f < module().functions.length; f++) {
      await this.#body(module().functions[f]!, (body) =>
        this.#change(index, { functions: module().functions.map((old, k) => (k === f ? body : old)) }),
      );
    }
  }
  async #body(body: readonly Statement[], replace: (body: readonly Statement[]) => Promise<boolean>): Promise<void> {
    let now = body;
    const keep = async (fewer: readonly Statement[]): Promise<boolean> => {
      if (!(await replace(fewer))) return false;
      now = fewer;
      return true;
    };
    await this.#list(now, keep);
    for (let i = 0; i < now.length; i++) {
      const one = now[i]!;
      if (one.do === 'loop' || one.do === 'try') {
        if (await keep([...now.slice(0, i), ...one.body, ...now.slice(i + 1)])) continue;
        const put = (inner: Partial<typeof one>): Promise<boolean> =>
          keep(now.map((old, k) => (k === i ? ({ ...old, ...inner } as Statement) : old)));
        await this.#body(one.body, (inner) => put({ body: inner }));
        if (one.do === 'try') await this.#body(one.handler, (handler) => put({ handler } as Partial<typeof one>));
      }
    }
  }
}

/** The smallest world found for which `failing` holds; it holds for the one given. */
export async function reduceWorld(world: World, failing: Failing, milliseconds: number): Promise<World> {
  const reducer = new Reducer(world, failing, milliseconds);
  await reducer.run();
  return reducer.world;
}
