// The text of one JavaScript function while it is written: that of a wasm function, or that of a region of one that is outlined (outline-plan.ts).
// What is only known at the end is filled in then: charges, what surrounds the text, the declarations of the views.
import { F32, F64, isRef, type ValType } from '../../wasm/types.js';
import type { EmitOptions } from './emit-options.js';
import type { Region } from './outline-plan.js';
import { ViewScopes } from './view-scopes.js';

const FUNCTION_EXIT = -1;

/** An exit of an outlined function: to a label outside of its region, or out of the wasm function. */
export interface Exit {
  /** The number of the label, or FUNCTION_EXIT. */
  readonly id: number;
  /** The variables that hold the label's operands. */
  readonly targets: readonly string[];
}

/** A text that is complete but for its parameters and its first declarations. */
export interface FinishedText {
  readonly views: string;
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

export class FunctionText {
  readonly out: string[] = [];
  /** Positions in the output where blocks are charged, with their costs, and where other code takes the count and returns it. */
  readonly charges: (readonly [at: number, cost: number])[] = [];
  readonly handOvers: number[] = [];
  readonly takeBacks: number[] = [];
  /** Positions in the output of checks that only a function that delegates needs. */
  readonly delegateChecks: number[] = [];
  /** Positions in the output before returns. */
  readonly returns: number[] = [];
  readonly #plain: boolean;
  readonly views: ViewScopes;
  usesTicks = false;
  hasCalls = false;
  /** A memory may move in it. */
  mayMove = false;
  /** The labels from this number on belong to it. */
  readonly firstLabel: number;
  /** The region, if it is outlined. */
  readonly region: Region | undefined;
  /** The exits of an outlined function that are used, by their labels. */
  readonly exits = new Map<number, Exit>();
  /** The variables of an outlined function from which labels outside take their operands. */
  readonly targets = new Set<string>();

  constructor(options: Pick<EmitOptions, 'checked' | 'shape'>, firstLabel = 0, region?: Region) {
    this.#plain = options.shape === 'plain';
    this.views = new ViewScopes(options);
    this.firstLabel = firstLabel;
    this.region = region;
  }

  /** Returns the text that leaves an outlined function for a label outside. */
  leave(id: number, targets: readonly string[]): string {
    if (!this.exits.has(id)) this.exits.set(id, { id, targets });
    return `break ${exitLabel({ id, targets })};`;
  }
  /** Returns the text that returns from the wasm function, out of an outlined one. */
  leaveFunction(): string {
    return this.leave(FUNCTION_EXIT, []);
  }

  /**
   * Fills in what is only known at the end.
   * @param use is called with the names that the chunk must declare
   * @param tick returns the text that takes the ticks from the slice before a return
   */
  finish(delegates: boolean, use: (name: string) => void, tick: () => string): FinishedText {
    const { out } = this;
    const views = this.views.finish(out, use);
    if (!delegates) for (const at of this.delegateChecks) out[at] = '';
    if (this.usesTicks) for (const at of this.returns) out[at] = tick();
    const countsInLocal = this.#writeCharges();
    const text = out.filter((line) => line !== '').join('\n');
    if (!countsInLocal) return { views, before: '', text, after: '' };
    // A trap discards the function's local variables.
    return { views, before: 'let q=R[0];try{', text, after: '}catch(e){if(q>=0)R[0]=q;throw e;}' };
  }
  /**
   * Writes the charges, now that all are known. If there are several, they are made in a local, so that blocks do not wait for each other's stores;
   * the local is -1 while other code has the count. Without `|0` V8 treats it as any value (`fib` 5.6 instead of 2.5).
   * @returns whether they are made in a local
   */
  #writeCharges(): boolean {
    const { out } = this;
    const isLocal = this.charges.length > 1;
    for (const [at, cost] of this.charges) {
      if (this.#plain) {
        out[at] = isLocal ? `if((q-=${cost})<0)q=E.fuel(q,${cost});` : `if((R[0]-=${cost})<0)E.fuel(R[0],${cost});`;
      } else
        out[at] = isLocal
          ? `if((q=q-${cost}|0)<0)q=E.fuel(q,${cost})|0;`
          : `if((R[0]=R[0]-${cost}|0)<0)E.fuel(R[0],${cost});`;
    }
    if (!isLocal) return false;
    for (const at of this.handOvers) out[at] = 'R[0]=q;q=-1;';
    for (const at of this.takeBacks) out[at] = 'q=R[0];';
    for (const at of this.returns) out[at] = 'R[0]=q;';
    return true;
  }
}

export const isFunctionExit = ({ id }: Exit): boolean => id === FUNCTION_EXIT;
export const exitLabel = (exit: Exit): string => (isFunctionExit(exit) ? 'XR' : `X${exit.id}`);

/** Returns the variables of locals and temporaries that a text names. */
export function variablesIn(text: string): Set<string> {
  return new Set(text.match(/\b[lhvwidr]\d+\b/g));
}
/** Returns the assignment that lets V8 know the type of a parameter. */
export function coercion(name: string, type: ValType, { shape }: Pick<EmitOptions, 'shape'>): string {
  if (isRef(type) || shape === 'plain') return '';
  return type === F32 || type === F64 ? `${name}=+${name};` : `${name}=${name}|0;`;
}
