// The texts that hold a function to its limits: fuel by block, ticks that notice a deadline, the depth of calls and the bytes of their frames.
import { FRAME_BYTES_PER_VALUE } from '../../wasm/implementation-limits.js';
import type { FunctionEmitter } from './function-emitter.js';
import type { FinishedText, FunctionText } from './function-text.js';

/** The backward branches counted in a variable before the slice is checked. */
const LOCAL_TICKS = 1023;
const INSTRUCTIONS_PER_UNIT_SHIFT = 3;

export function openFuelBlock(c: FunctionEmitter): void {
  if (!c.options.metered) return;
  closeFuelBlock(c);
  c.fuelAt = c.out.length;
  c.fuelText = c.text;
  c.emit('');
}
export function closeFuelBlock(c: FunctionEmitter): void {
  if (c.fuelAt < 0) return;
  const cost = c.flow.takeCost();
  if (cost > 0) {
    c.used.add('R').add('E');
    c.fuelText.charges.push([c.fuelAt, cost]);
  }
  c.fuelAt = -1;
}
/** Emitted before other code that may count, or a throw. */
export function handOver(c: FunctionEmitter): void {
  if (!c.options.metered) return;
  c.text.handOvers.push(c.out.length);
  c.emit('');
}
export function takeBack(c: FunctionEmitter): void {
  if (!c.options.metered) return;
  c.text.takeBacks.push(c.out.length);
  c.emit('');
}
/**
 * Returns the units of the slice that this many instructions take, at least one. Without a part for the length, a deadline would be noticed late in
 * loops with large bodies.
 */
export function units(instructions: number): number {
  return 1 + (instructions >> INSTRUCTIONS_PER_UNIT_SHIFT);
}
/** Returns the text that takes units from the slice. */
export function tick(c: FunctionEmitter, units: string | number): string {
  c.used.add('R').add('E');
  return `if((R[0]=R[0]-${units}|0)<0)E.tick();`;
}
/**
 * Emitted before a backward branch: the count stays in a variable, which every return takes from the slice.
 * @param start of the instructions that are repeated
 */
export function loopTick(c: FunctionEmitter, start: number): string {
  if (!c.options.ticks) return '';
  c.text.usesTicks = true;
  c.used.add('R').add('E');
  const count = units(c.instructions - start);
  const counted = c.isPlain ? `k+=${count}` : `k=k+${count}|0`;
  return `if((${counted})>${LOCAL_TICKS}){${tick(c, 'k')}k=0;}`;
}
/** What a call takes from the stack limit: a share for each local and operand, as in the interpreter. */
function frameBytes(c: FunctionEmitter): number {
  const { maxStack } = c.info.module.functionInfo(c.index - c.info.spaces.importedFunctions);
  return FRAME_BYTES_PER_VALUE * (c.localTypes.length + maxStack);
}
export function enterDepth(c: FunctionEmitter): string {
  c.used.add('R').add('E').add('S');
  const bytes = frameBytes(c);
  return `if((R[1]=R[1]-1|0)<0)E.tooDeep();if((S[0]=S[0]-${bytes}|0)<0)E.stackFull();const dp=R[1],ds=S[0];`;
}
/** Emitted before a return. */
export function leaveDepth(c: FunctionEmitter): void {
  c.text.returns.push(c.out.length);
  c.emit('');
  if (c.options.depth) c.emit(`R[1]=R[1]+1|0;S[0]=S[0]+${frameBytes(c)}|0;`);
}
/** Completes a text, except for its head. */
export function finishText(c: FunctionEmitter, text: FunctionText): FinishedText {
  return text.finish(
    c.delegates,
    (name) => c.used.add(name),
    () => tick(c, 'k'),
  );
}
