// What everything that reads the instructions of a function must agree on about blocks: their kinds, and what follows their ends. The interpreter,
// the JavaScript compiler and the instrumenter take it from here, so that they count the same fuel.

// Kinds of blocks. A try_table is a BLOCK too, since its clauses are branches.
export const BLOCK = 0;
export const LOOP = 1;
export const IF = 2;
/** A legacy try. */
export const TRY = 3;
/** The body of the function. */
export const FUNCTION = 4;

// What follows the end of a block.
/** The open block of fuel goes on. */
export const SAME_BLOCK = 0;
/** Control flow joins there, so a new block of fuel begins. */
export const NEW_BLOCK = 1;
/** Code that is unreachable. */
export const DEAD = 2;

/**
 * @param kind of the block that ends @param isJoined whether anything else leads to its end: a branch, a catch clause, a part before the last one
 * @param hasElse whether it has an else part @param reachable whether its last part ends there
 */
export function afterEnd(kind: number, isJoined: boolean, hasElse: boolean, reachable: boolean): number {
  if (kind === LOOP || kind === FUNCTION) return reachable ? SAME_BLOCK : DEAD;
  if (isJoined || (kind === IF && (reachable || !hasElse))) return NEW_BLOCK;
  return reachable ? SAME_BLOCK : DEAD;
}
