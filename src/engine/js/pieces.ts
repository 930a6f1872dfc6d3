// The text of one JavaScript function while it is written: the function of a wasm function, or that of a piece of it (pieces-plan.ts). A piece
// receives what it reads as arguments, leaves what it changed in scratch words, and returns the number of the exit that it took.
import { F32, F64, isRef, type ValType } from '../../wasm/types.js';
import type { Region } from './pieces-plan.js';
import { ViewScopes } from './view-scopes.js';

/** The names of the scratch arrays: integers, floats, references. */
const SCRATCH = ['PI', 'PF', 'PR'] as const;
const FUNCTION_EXIT = -1;

/** An exit of a piece: to a label outside, or out of the function. */
export interface Exit {
  /** The number of the label, or FUNCTION_EXIT. */
  readonly id: number;
  /** The variables that hold the label's operands. */
  readonly targets: readonly string[];
}

export class Body {
  out: string[] = [];
  /** Positions in the output where blocks are charged, with their texts, and where other code takes the count and returns it. */
  readonly charges: (readonly [number, number])[] = [];
  readonly handOvers: number[] = [];
  readonly takeBacks: number[] = [];
  /** Positions in the output of checks that only a function that delegates needs, and of returns. */
  readonly delegateChecks: number[] = [];
  readonly exits: number[] = [];
  readonly views: ViewScopes;
  usesTicks = false;
  hasCalls = false;
  /** The labels from this number on belong to it. */
  readonly firstLabel: number;
  /** The region of a piece. */
  readonly region: Region | undefined;
  /** The exits of a piece that are used, by their labels. */
  readonly ways = new Map<number, Exit>();
  /** The variables of a piece from which labels outside take their operands. */
  readonly targets = new Set<string>();
  /** A memory may move in it. */
  mayMove = false;

  constructor(checked: boolean, firstLabel = 0, region?: Region) {
    this.views = new ViewScopes(checked);
    this.firstLabel = firstLabel;
    this.region = region;
  }

  /** Returns the text that leaves a piece. */
  leave(id: number, targets: readonly string[]): string {
    if (!this.ways.has(id)) this.ways.set(id, { id, targets });
    return `break ${exitLabel({ id, targets })};`;
  }
  /** Returns the text that returns from the function, out of a piece. */
  leaveFunction(): string {
    return this.leave(FUNCTION_EXIT, []);
  }

  /**
   * Writes the charges, now that all are known. If there are several, they are made in a local, so that blocks do not wait for each other's stores;
   * the local is -1 while other code has the count. Without `|0` V8 treats it as any value (`fib` 5.6 instead of 2.5).
   * @returns whether they are made in a local
   */
  writeCharges(): boolean {
    const { out } = this;
    const isLocal = this.charges.length > 1;
    for (const [at, cost] of this.charges) {
      out[at] = isLocal
        ? `if((q=q-${cost}|0)<0)q=E.fuel(q,${cost})|0;`
        : `if((R[0]=R[0]-${cost}|0)<0)E.fuel(R[0],${cost});`;
    }
    if (!isLocal) return false;
    for (const at of this.handOvers) out[at] = 'R[0]=q;q=-1;';
    for (const at of this.takeBacks) out[at] = 'q=R[0];';
    for (const at of this.exits) out[at] = 'R[0]=q;';
    return true;
  }
}

export const isFunctionExit = ({ id }: Exit): boolean => id === FUNCTION_EXIT;

/** Returns the variables of locals and temporaries that a text names. */
export function variablesIn(text: string): Set<string> {
  return new Set(text.match(/\b[lhvwidr]\d+\b/g));
}

/** Assigns names their places in the scratch words, in one order for the code that stores and the code that loads. */
function scratchPlaces(
  names: readonly string[],
  typeOf: (name: string) => ValType,
): (readonly [name: string, place: string])[] {
  const used = [0, 0, 0];
  return names.map((name) => {
    const kind = scratchKind(typeOf(name));
    return [name, `${SCRATCH[kind]}[${used[kind]!++}]`] as const;
  });
}
function scratchKind(type: ValType): 0 | 1 | 2 {
  return isRef(type) ? 2 : type === F32 || type === F64 ? 1 : 0;
}
/** Returns where the function's result is kept while pieces return: behind what they leave. */
export function resultPlace(type: ValType): string {
  return ['PI[8191]', 'PF[2047]', 'PR[2047]'][scratchKind(type)]!;
}

export const isLocalName = (name: string): boolean => 'lhvw'.includes(name[0]!);

export const exitLabel = (exit: Exit): string => (isFunctionExit(exit) ? 'XR' : `X${exit.id}`);
/** Writes the end of a piece: it stores what changed, and returns the number of its exit; a piece with one exit returns the first value instead. */
export function exitText(names: readonly string[], typeOf: (name: string) => ValType, hasWays: boolean): string {
  const stores = scratchPlaces(hasWays ? names : names.slice(1), typeOf).map(([name, place]) => `${place}=${name};`);
  return `${stores.join('')}return ${hasWays ? 'c' : (names[0] ?? '')};`;
}
export function loadsOf(names: readonly string[], typeOf: (name: string) => ValType): string {
  return scratchPlaces(names, typeOf)
    .map(([name, place]) => `${name}=${place};`)
    .join('');
}
/** Returns the assignment that lets V8 know the type of a parameter. */
export function coercion(name: string, type: ValType): string {
  if (isRef(type)) return '';
  return type === F32 || type === F64 ? `${name}=+${name};` : `${name}=${name}|0;`;
}
