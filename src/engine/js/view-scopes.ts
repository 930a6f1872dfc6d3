// The variables that hold memories' DataViews. Each loop body has its own, read again through a small function: V8 inlines that and knows the view's
// place and length as constants there, also in code that it enters in the middle of a long call (on-stack replacement), where it knows nothing of
// variables set before. After a call that may move a memory every open scope reads again. In plain code the function has one scope, whose variables are
// fields of the memory's holder: typed arrays beside the DataView, and how many elements they have.
import type { EmitOptions } from './emit-options.js';

/** What plain code keeps of a memory. The arrays are named by their elements. */
export type View = 'u8' | 'i8' | 'i16' | 'u16' | 'i32' | 'f32' | 'f64';
/** The arrays that are stored to, with the field of the holder that says how many elements they have. */
const COUNTS = { u8: 'bytes', i16: 'halves', i32: 'words', f32: 'words', f64: 'doubles' } as const;
export type StoredView = keyof typeof COUNTS;

interface Scope {
  /** The suffix of the scope's variables. */
  readonly suffix: string;
  /** The position of its declarations in the output; -1 for the head of the function. */
  readonly at: number;
  readonly memories: Set<number>;
  /** The variables of plain code with their values, in the order in which they are read. */
  readonly fields: Map<string, readonly [memory: number, value: string]>;
  /** A reload assigns the scope's variables. */
  assigned: boolean;
}

export class ViewScopes {
  /** Addresses are compared, so the lengths are variables too. */
  readonly #checked: boolean;
  readonly #plain: boolean;
  #open: Scope[] = [];
  #all: Scope[] = [];
  #reloads: { readonly at: number; readonly scopes: readonly Scope[] }[] = [];

  constructor({ checked, shape }: Pick<EmitOptions, 'checked' | 'shape'>) {
    this.#checked = checked;
    this.#plain = shape === 'plain';
    this.#enter('', -1);
  }
  #enter(suffix: string, at: number): void {
    const scope: Scope = { suffix, at, memories: new Set(), fields: new Map(), assigned: false };
    this.#open.push(scope);
    this.#all.push(scope);
  }
  enterLoop(suffix: string, at: number): void {
    if (!this.#plain) this.#enter(suffix, at);
  }
  leaveLoop(): void {
    if (!this.#plain) this.#open.pop();
  }
  /** Returns the variable of a memory's view in the current scope. */
  view(memory: number): string {
    const scope = this.#open[this.#open.length - 1]!;
    if (this.#plain) return this.#field(`D${memory}`, memory, `M${memory}.view`);
    scope.memories.add(memory);
    return `D${memory}${scope.suffix}`;
  }
  /** Returns the variable of an array of a memory, in plain code. */
  array(view: View, memory: number): string {
    return this.#field(`${view}_${memory}`, memory, `M${memory}.${view}`);
  }
  /** Returns the variable that holds how many elements it has: none after somebody has detached its buffer. */
  count(view: StoredView, memory: number): string {
    const array = this.array(view, memory);
    return this.#field(`n${array}`, memory, `${array}[0]===undefined?0:M${memory}.${COUNTS[view]}`);
  }
  #field(name: string, memory: number, value: string): string {
    this.#open[0]!.fields.set(name, [memory, value]);
    return name;
  }
  /** Returns the variable of a memory's length in the current scope, in checked code. */
  limit(memory: number): string {
    return this.view(memory).replace('D', 'N');
  }
  /** Marks a position of the output where the text reads the views again. */
  reload(at: number): void {
    for (const scope of this.#open) scope.assigned = true;
    this.#reloads.push({ at, scopes: [...this.#open] });
  }

  /** Fills in declarations and reloads; returns the declarations of the function's head. */
  finish(out: string[], use: (name: string) => void): string {
    for (const { at, scopes } of this.#reloads) {
      out[at] = scopes
        .map((scope) =>
          this.#assignments(scope, use)
            .map((one) => `${one};`)
            .join(''),
        )
        .join('');
    }
    let head = '';
    for (const scope of this.#all) {
      const parts = this.#assignments(scope, use);
      const text = parts.length === 0 ? '' : `${scope.assigned ? 'let' : 'const'} ${parts.join()};`;
      if (scope.at < 0) head = text;
      else out[scope.at] = text;
    }
    return head;
  }
  #assignments({ suffix, memories, fields }: Scope, use: (name: string) => void): string[] {
    if (this.#plain) {
      return [...fields].map(([name, [memory, value]]) => {
        use(`M${memory}`);
        return `${name}=${value}`;
      });
    }
    return [...memories].flatMap((memory) => {
      const view = `D${memory}${suffix}`;
      use(`V${memory}`);
      const read = `${view}=V${memory}()`;
      return this.#checked ? [read, `N${memory}${suffix}=${view}.byteLength`] : [read];
    });
  }
}
