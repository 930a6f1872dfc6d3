// An operation of the interpreter as text, and how its words are read.
export interface Operation {
  readonly name: string;
  /** The length in words of the code arena, the operation's own number included. */
  readonly words: number;
  /** The statements; unless they end in a jump of their own, the generator appends the step to the next operation. */
  readonly body: string;
  readonly jumps?: true;
}

/** Returns operand word k of the operation at pc. */
export const W = (k: number): string => `code[pc + ${k} | 0]`;
export const S = (k: number): string => `fp + ${W(k)} | 0`;
/** The registers that operand word k names: i32 and low half, high half, f32, f64. */
export const R = (k: number): string => `r[${S(k)}]`;
export const H = (k: number): string => `h[${S(k)}]`;
export const Q = (k: number): string => `q[${S(k)}]`;
export const D = (k: number): string => `f[${S(k)}]`;
