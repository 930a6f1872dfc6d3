// Instructions that go through the runtime, or ask it first: what is bulk, what grows, what waits.
import type { BulkOp, GrowthOp, WaitOp } from '../wasm/opcodes.js';
import type { AddressType } from '../wasm/types.js';
import { RESERVE } from './hooks.js';
import type { LongBulk, LongBulkOp } from './long-bulk.js';
import { refillReserve, reloadCount } from './rewrite-calls.js';
import type { RewrittenFunction } from './rewritten-function.js';

/** The spaces that a bulk instruction works on, and where the type of its length comes from. */
interface BulkShape {
  readonly space: 'memories' | 'tables' | undefined;
  /** The length has the address type of the first index, the smaller of both, or i32. */
  readonly length: 'first' | 'both' | 'i32';
  /** A long operation is done in parts, with a checkpoint between them. */
  readonly inPieces: boolean;
}
const IN_ARRAYS: BulkShape = { space: undefined, length: 'i32', inPieces: false };
const BULK_SHAPES: Readonly<Record<BulkOp, BulkShape>> = {
  'memory.fill': { space: 'memories', length: 'first', inPieces: true },
  'memory.copy': { space: 'memories', length: 'both', inPieces: true },
  'memory.init': { space: 'memories', length: 'i32', inPieces: false },
  'table.grow': { space: 'tables', length: 'first', inPieces: false },
  'table.fill': { space: 'tables', length: 'first', inPieces: true },
  'table.copy': { space: 'tables', length: 'both', inPieces: true },
  'table.init': { space: 'tables', length: 'i32', inPieces: false },
  'array.new': IN_ARRAYS,
  'array.new_default': IN_ARRAYS,
  'array.new_data': IN_ARRAYS,
  'array.new_elem': IN_ARRAYS,
  'array.fill': IN_ARRAYS,
  'array.copy': IN_ARRAYS,
  'array.init_data': IN_ARRAYS,
  'array.init_elem': IN_ARRAYS,
};
export function rewriteHooked(f: RewrittenFunction): void {
  const { name } = f.reader;
  if (name in BULK_SHAPES) rewriteBulk(f, name as BulkOp);
  else if (!hookOf(f, name as HookedOp)) return;
  if (!f.metered) return;
  reloadCount(f);
  if (f.plan.innerCost > RESERVE) refillReserve(f);
}
type HookedOp = WaitOp | GrowthOp | 'memory.atomic.notify' | 'memory.size';

/** @returns false if the instruction must stay as it is */
function hookOf(f: RewrittenFunction, name: HookedOp): boolean {
  const { memories, added, options } = f.env;
  const { index, offsetLow, offsetHigh } = f.reader;
  const { address, shared } = memories[index]!;
  if (name !== 'memory.grow' && !options.waits) return false;
  if (name === 'memory.size' && !shared) return false;
  f.spans.flushBefore();
  const offset = (offsetHigh >>> 0) * 2 ** 32 + (offsetLow >>> 0);
  if (name === 'memory.grow') f.code.call(added.growMemory(index, address));
  else if (name === 'memory.atomic.notify') f.code.call(added.notify(index, address, offset));
  else if (name === 'memory.size') f.code.call(added.memorySize(index, address));
  else f.code.call(added.wait(index, address, name === 'memory.atomic.wait64', offset));
  return true;
}
function rewriteBulk(f: RewrittenFunction, name: BulkOp): void {
  const { added, tables } = f.env;
  const { index, index2 } = f.reader;
  const code = f.code;
  const length = lengthType(f, name);
  if (!f.counts && name !== 'table.grow' && name !== 'array.init_elem') return;
  f.spans.flushBefore();
  if (f.counts) {
    code.call(added.bulk(length, BULK_SHAPES[name].space !== 'memories'));
    if (BULK_SHAPES[name].inPieces) code.call(added.longBulk(longBulk(f, name as LongBulkOp, length)));
  }
  if (name === 'table.grow') code.call(added.growTable(index, tables[index]!));
  else if (name === 'array.init_elem') {
    f.spans.note();
    code.call(added.initElements(index, index2));
  } else f.spans.copy();
}
function longBulk(f: RewrittenFunction, name: LongBulkOp, length: AddressType): LongBulk {
  const { tables } = f.env;
  const { index, index2 } = f.reader;
  const { space, length: from } = BULK_SHAPES[name];
  const spaceAt = (i: number): LongBulk['spaces'][number] => ({ index: i, address: f.env[space!][i]!.address });
  return {
    name,
    spaces: from === 'both' ? [spaceAt(index), spaceAt(index2)] : [spaceAt(index)],
    length,
    ...(name === 'table.fill' ? { element: tables[index]!.element } : {}),
  };
}
/** Returns the type of a bulk instruction's length. */
function lengthType(f: RewrittenFunction, name: BulkOp): AddressType {
  const { space, length } = BULK_SHAPES[name];
  const { index, index2 } = f.reader;
  if (space === undefined || length === 'i32') return 'i32';
  const { address } = f.env[space][index]!;
  return length === 'first' ? address : address === 'i64' && f.env[space][index2]!.address === 'i64' ? 'i64' : 'i32';
}
