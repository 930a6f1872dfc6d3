// The functions that a guest passes by pointers: indices of its first table. Refuses, with the traps of call_indirect, those that are no function of
// the type, or none of the thread's own instance.
import { FunctionInstance } from '../../runtime/function.js';
import type { ThreadCall, ThreadSpace } from '../../runtime/thread-runner.js';
import { Trap } from '../../wasm/errors.js';
import { I32, type ValType } from '../../wasm/types.js';

/** A call with one i32, by the index of the function. @throws Trap */
export function tableCall(
  space: ThreadSpace,
  index: number,
  results: readonly ValType[],
  argument: number,
): ThreadCall {
  const element = space.tables[0]?.elements[index >>> 0];
  if (element === undefined) throw new Trap('undefined-element');
  if (element === null) throw new Trap('uninitialized-element');
  if (!FunctionInstance.is(element) || !isOf(element, space) || !hasType(element, results)) {
    throw new Trap('indirect-call-type-mismatch');
  }
  return {
    func: element,
    write: ({ i32 }) => {
      i32[0] = argument;
    },
  };
}

function hasType({ signature }: FunctionInstance, results: readonly ValType[]): boolean {
  const { params } = signature;
  return (
    params.length === 1 &&
    params[0] === I32 &&
    signature.results.length === results.length &&
    signature.results[0] === results[0]
  );
}
/** Each thread has functions of its own: those of others may be in a table that they share. */
function isOf({ definingInstance }: FunctionInstance, space: object): boolean {
  return definingInstance === space;
}
