// Makes a program that fails smaller: leaves out statements, calls and bodies while it still fails. Refuses to take longer than it may.
import type { Program, Statement } from './program.js';

/** All programs that lack one thing of this one. */
function* smaller(program: Program): Generator<Program> {
  const { bodies, calls } = program;
  for (let k = 0; calls.length > 1 && k < calls.length; k++) yield { ...program, calls: without(calls, k) };
  for (const [k, body] of calls.entries())
    for (const less of shorter(body)) yield { ...program, calls: replaced(calls, k, less) };
  for (const [k, body] of bodies.entries())
    for (const less of shorter(body)) yield { ...program, bodies: replaced(bodies, k, less) };
}
function* shorter(body: readonly Statement[]): Generator<readonly Statement[]> {
  for (const [k, one] of body.entries()) {
    yield without(body, k);
    if (one.does !== 'loop') continue;
    yield replaced(body, k, ...one.inside);
    for (const inside of shorter(one.inside)) if (inside.length > 0) yield replaced(body, k, { ...one, inside });
  }
}
function without<T>(items: readonly T[], at: number): readonly T[] {
  return items.filter((_, k) => k !== at);
}

function replaced<T>(items: readonly T[], at: number, ...by: readonly T[]): readonly T[] {
  return [...items.slice(0, at), ...by, ...items.slice(at + 1)];
}

/** @param fails whether the program still fails in the same way */
export async function reduceProgram(
  program: Program,
  fails: (smaller: Program) => Promise<boolean>,
  ms: number,
): Promise<Program> {
  const end = Date.now() + ms;
  let smallest = program;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const less of smaller(smallest)) {
      if (Date.now() > end) return smallest;
      if (!(await fails(less))) continue;
      smallest = less;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}
