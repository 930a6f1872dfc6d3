// The names of emitted functions in JavaScript stack traces, and the way back from such a trace. If several modules have a function of the same
// name and index, this does not guess: a frame contains only what they have in common.

import { frameAt, functionName } from '../../binary/name-section.js';
import type { Frame } from '../../wasm/errors.js';
import { countImports, type Module } from '../../wasm/module.js';

/** Returns what stack traces show: the index is in brackets, so that a trace can be read back. */
export function traceName(module: Module, index: number): string {
  const name = functionName(module, index).replace(/[^\w$.:<>~-]/g, '_');
  return `wasm:${name.slice(0, 120)}[${index}]`;
}

/** Returns the wasm frames of a trace. @param modules those whose functions may be in it */
export function framesOf(stack: string, modules: ReadonlySet<Module>): Frame[] {
  return [...stack.matchAll(/wasm:([^\s[\]]*)\[(\d+)\]/g)].map(([text, name, digits]) => {
    const index = Number(digits);
    const owners = [...modules].filter((one) => isDefined(one, index) && traceName(one, index) === text);
    return (
      owners.map((one) => functionFrame(one, index)).reduce<Frame | undefined>(common, undefined) ??
      unknown(index, name!)
    );
  });
}

function functionFrame(module: Module, index: number): Frame {
  return frameAt(module, index, module.functions[index - countImports(module, 'func')]!.code.start);
}
function unknown(functionIndex: number, functionName: string): Frame {
  return { functionIndex, functionName, moduleName: '', offset: -1 };
}
/** Returns what two frames have in common, since the same file may be loaded twice. */
function common(one: Frame | undefined, other: Frame): Frame {
  if (one === undefined) return other;
  return {
    ...one,
    moduleName: one.moduleName === other.moduleName ? one.moduleName : '',
    offset: one.offset === other.offset ? one.offset : -1,
  };
}

function isDefined(module: Module, index: number): boolean {
  const imported = countImports(module, 'func');
  return index >= imported && index < imported + module.functions.length;
}
