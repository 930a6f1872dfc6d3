// The rules of calls: how a callee is found. emit-calls.ts writes the calls.
import type { RuledOp } from '../../wasm/opcodes.js';
import { emitCall, emitSelfTailCall, emitTailCall } from './emit-calls.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { tempName } from './operands.js';
import { addressValue } from './rules-memory.js';

/** Returns the name of a function in the text: its own variable, an entry of the module's functions, or an import's cell. */
function calleeName(c: FunctionEmitter, index: number, body: boolean): string {
  if (index < c.info.spaces.importedFunctions) {
    c.used.add(`J${index}`);
    return `J${index}.${body ? 'body' : 'run'}`;
  }
  if (c.local.has(index)) {
    const name = `${body ? 'b' : 'f'}${index}`;
    c.used.add(name);
    return name;
  }
  c.used.add(body ? 'B' : 'F');
  return `${body ? 'B' : 'F'}[${index}]`;
}
function call(c: FunctionEmitter): void {
  const { index } = c.reader;
  const { params, results } = c.info.spaces.functions[index]!;
  c.flushBelow(params.length);
  emitCall(c, calleeName(c, index, false), c.popMany(params.length), results, c.info.mayMove(index));
}
/** Stores the checked callee of call_indirect in a variable; the arguments stay on the stack, evaluated. */
function element(c: FunctionEmitter): number {
  const { index, index2 } = c.reader;
  c.flush();
  const at = c.pop();
  const temp = c.temp(2);
  const name = tempName(temp);
  c.used.add('E').add(`T${index2}`).add(`K${index}`);
  if (c.isPlain) {
    c.emit(
      `if((${name}=T${index2}.elements[${addressValue(at)}])?.jsType!==K${index})${name}=E.indirect(${name},${index});`,
    );
    c.release(at);
    return temp;
  }
  c.emit(`${name}=T${index2}.elements[${addressValue(at)}];`);
  c.emit(`if(${name}===undefined||${name}===null||${name}.jsType!==K${index})${name}=E.indirect(${name},${index});`);
  c.release(at);
  return temp;
}
/** Stores the callee of call_ref in a variable. */
function callee(c: FunctionEmitter): number {
  c.flush();
  const ref = c.pop();
  const temp = c.temp(2);
  const name = tempName(temp);
  c.used.add('E');
  c.emit(`${name}=${ref.words[0]};if(${name}===null||${name}.jsType===undefined)${name}=E.callable(${name});`);
  c.release(ref);
  return temp;
}
function callThrough(find: (c: FunctionEmitter) => number): Rule {
  return (c) => {
    const { params, results } = c.info.spaces.funcType(c.reader.index);
    const temp = find(c);
    emitCall(c, `${tempName(temp)}.run`, c.popMany(params.length), results, c.info.indirectMayMove, [temp]);
  };
}
function returnCallThrough(find: (c: FunctionEmitter) => number): Rule {
  return (c) => {
    const { params } = c.info.spaces.funcType(c.reader.index);
    const temp = find(c);
    emitTailCall(c, `${tempName(temp)}.body`, c.popMany(params.length), [temp]);
  };
}
function returnCall(c: FunctionEmitter): void {
  const { index } = c.reader;
  const { params } = c.info.spaces.functions[index]!;
  c.flushBelow(params.length);
  const args = c.popMany(params.length);
  if (index === c.index && c.jumpsToStart) emitSelfTailCall(c, args);
  else emitTailCall(c, calleeName(c, index, true), args, []);
}

export const CALL_RULES = {
  call,
  call_indirect: callThrough(element),
  call_ref: callThrough(callee),
  return_call: returnCall,
  return_call_indirect: returnCallThrough(element),
  return_call_ref: returnCallThrough(callee),
} satisfies Partial<Record<RuledOp, Rule>>;
