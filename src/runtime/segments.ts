// The element and data segments of an instance: their contents, and the initialisation of tables and memories from active ones. Refuses, with a Trap,
// what does not fit; what was written before stays.
import { Trap } from '../wasm/errors.js';
import type { ElementSegment } from '../wasm/module.js';
import type { AddressType } from '../wasm/types.js';
import type { ConstEvaluator } from './const-expr.js';
import type { Instance } from './instance.js';
import type { Slots } from './slots.js';

export function addSegments(instance: Instance, evaluator: ConstEvaluator, slots: Slots, step: () => void): void {
  const { module } = instance;
  for (const segment of module.elements) {
    step();
    instance.elements.push(itemsOf(instance, segment, evaluator, slots, step));
  }
  for (const { bytes } of module.dataSegments) {
    step();
    instance.data.push(module.bytes.subarray(bytes.start, bytes.end));
  }
}

function itemsOf(
  instance: Instance,
  { items }: ElementSegment,
  evaluator: ConstEvaluator,
  slots: Slots,
  step: () => void,
): unknown[] {
  if (items.kind === 'functions') {
    return Array.from(items.indices, (index) => {
      step();
      return instance.functions[index];
    });
  }
  return items.expressions.map((expression) => {
    step();
    evaluator.evaluate(expression, slots, 0);
    return slots.refs[0];
  });
}

export function runElementSegments(
  instance: Instance,
  evaluator: ConstEvaluator,
  slots: Slots,
  step: () => void,
): void {
  instance.module.elements.forEach(({ mode }, i) => {
    step();
    if (mode.kind === 'active') {
      const table = instance.tables[mode.index]!;
      evaluator.evaluate(mode.at, slots, 0);
      const at = readAddress(slots, table.type.address);
      const items = instance.elements[i]!;
      if (at + items.length > table.length) throw new Trap('table-out-of-bounds');
      for (let k = 0; k < items.length; k++) {
        step();
        table.elements[at + k] = items[k];
      }
    }
    if (mode.kind !== 'passive') instance.elements[i] = null;
  });
}

const DROPPED = new Uint8Array(0);

export function runDataSegments(instance: Instance, evaluator: ConstEvaluator, slots: Slots, step: () => void): void {
  instance.module.dataSegments.forEach(({ mode }, i) => {
    step();
    if (mode.kind !== 'active') return;
    const memory = instance.memories[mode.index]!;
    evaluator.evaluate(mode.at, slots, 0);
    const at = readAddress(slots, memory.type.address);
    const bytes = instance.data[i]!;
    if (at + bytes.length > memory.byteLength) throw new Trap('memory-out-of-bounds');
    memory.views.u8.set(bytes, at);
    instance.data[i] = DROPPED;
  });
}

/** Reads slot 0 as an unsigned address. Beyond 2^53 it is not exact, but out of bounds anyway. */
function readAddress({ i32 }: Slots, address: AddressType): number {
  const low = i32[0]! >>> 0;
  return address === 'i32' ? low : (i32[1]! >>> 0) * 0x1_0000_0000 + low;
}
