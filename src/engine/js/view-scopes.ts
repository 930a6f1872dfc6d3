// The variables that hold memories' DataViews. Each loop body has its own, read again through a small function: V8 inlines that and knows the view's
// place and length as constants there, also in code that it enters in the middle of a long call (on-stack replacement), where it knows nothing of
// variables set before. After a call that may move a memory every open scope reads again.

interface Scope {
  /** The suffix of the scope's variables. */
  readonly suffix: string;
  /** The position of its declarations in the output; -1 for the head of the function. */
  readonly at: number;
  readonly memories: Set<number>;
  /** A reload assigns the scope's variables. */
  assigned: boolean;
}

export class ViewScopes {
  /** Addresses are compared, so the lengths are variables too. */
  readonly #checked: boolean;
  #open: Scope[] = [];
  #all: Scope[] = [];
  #reloads: { readonly at: number; readonly scopes: readonly Scope[] }[] = [];

  constructor(checked: boolean) {
    this.#checked = checked;
    this.enter('', -1);
  }
  enter(suffix: string, at: number): void {
    const scope: Scope = { suffix, at, memories: new Set(), assigned: false };
    this.#open.push(scope);
    this.#all.push(scope);
  }
  leave(): void {
    this.#open.pop();
  }
  /** Returns the variable of a memory's view in the current scope. */
  view(memory: number): string {
    const scope = this.#open[this.#open.length - 1]!;
    scope.memories.add(memory);
    return `D${memory}${scope.suffix}`;
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
  #assignments({ suffix, memories }: Scope, use: (name: string) => void): string[] {
    return [...memories].flatMap((memory) => {
      const view = `D${memory}${suffix}`;
      use(`V${memory}`);
      const read = `${view}=V${memory}()`;
      return this.#checked ? [read, `N${memory}${suffix}=${view}.byteLength`] : [read];
    });
  }
}
