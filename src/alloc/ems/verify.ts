// Walks a heap, block by block and bin by bin, and reports inconsistencies. Linear in the number of blocks.
// Refuses to change anything: the heap decides what to do about a finding.

import type { CorruptionKind, CorruptionReport } from './corruption.js';
import {
  BITMAP,
  binOf,
  evenBits,
  GRANULE_BYTES,
  HEADS,
  MAGIC,
  MAGIC_VALUE,
  mapWord,
  PREVIOUS_USED,
  SIZE_SHIFT,
  SMALLEST_BLOCK_GRANULES,
  SUMMARY,
  USED,
  USED_NOW,
} from './layout.js';

/** One inconsistency. */
export interface HeapProblem {
  readonly kind: CorruptionKind;
  readonly offset: number;
}

/** What a walk over the heap found. Bytes include headers. */
export interface HeapVerifyReport {
  readonly ok: boolean;
  readonly problems: readonly HeapProblem[];
  readonly usedBlocks: number;
  readonly usedBytes: number;
  readonly freeBlocks: number;
  readonly freeBytes: number;
  readonly largestFreeBytes: number;
  /** The damage that froze the heap, found now or earlier. */
  readonly corruption: CorruptionReport | null;
}

/** What the walk reads of a heap; words and positions are as in EmsHeap. */
export interface HeapView {
  readonly words: Int32Array;
  readonly control: Int32Array;
  readonly first: number;
  readonly end: number;
  readonly map: number;
  inMap(block: number): boolean;
}

/** A block as the walk finds it, for code that inspects a heap. */
export interface BlockInfo {
  /** Offset of the payload in bytes. */
  readonly offset: number;
  /** Size in bytes, header included. */
  readonly bytes: number;
  readonly used: boolean;
}

type Found = Omit<HeapVerifyReport, 'corruption'>;

/** Returns all blocks in the order of their places, up to the first header that is damaged. */
export function* blocksOf(heap: HeapView): Generator<BlockInfo> {
  for (let block = heap.first; block < heap.end; ) {
    const header = heap.words[block]!;
    const granules = header >>> SIZE_SHIFT;
    if (evenBits(header) !== 0 || granules < SMALLEST_BLOCK_GRANULES || block + 2 * granules > heap.end) return;
    yield { offset: (block + 1) * 4, bytes: granules * GRANULE_BYTES, used: (header & USED) !== 0 };
    block += 2 * granules;
  }
}

/** Checks the headers, the bins and the counts against each other. */
export function verifyHeap(heap: HeapView): Found {
  const problems: HeapProblem[] = [];
  const report = (kind: CorruptionKind, word: number): void => {
    problems.push({ kind, offset: word * 4 });
  };
  if (heap.control[MAGIC] !== MAGIC_VALUE) report('bins', 0);
  const free = new Map<number, number>();
  let used = 0;
  let usedBlocks = 0;
  let largest = 0;
  let block = heap.first;
  let previousUsed = true;
  while (block < heap.end) {
    const header = heap.words[block]!;
    const granules = header >>> SIZE_SHIFT;
    const next = block + 2 * granules;
    const isUsed = (header & USED) !== 0;
    const agrees = ((header & PREVIOUS_USED) !== 0) === previousUsed && (isUsed || previousUsed);
    if (evenBits(header) !== 0 || granules < SMALLEST_BLOCK_GRANULES || next > heap.end || !agrees) {
      report('header', block);
      break;
    }
    if (heap.map !== 0 && heap.inMap(block) !== isUsed) report('block-map', block);
    if (isUsed) {
      used += granules;
      usedBlocks++;
    } else {
      if (heap.words[next - 1] !== header) report('footer', next - 1);
      free.set(block, granules);
      largest = Math.max(largest, granules);
    }
    previousUsed = isUsed;
    block = next;
  }
  if (block === heap.end) checkEnd(heap, previousUsed, report);
  const freeBlocks = free.size;
  const total = (heap.end - heap.first) >>> 1;
  if (problems.length === 0) {
    if (heap.control[USED_NOW] !== used) report('accounting', 0);
    if (heap.map !== 0 && countMap(heap) !== usedBlocks) report('block-map', heap.first);
    checkBins(heap, free, report);
  }
  return {
    ok: problems.length === 0,
    problems,
    usedBlocks,
    usedBytes: used * GRANULE_BYTES,
    freeBlocks,
    freeBytes: (total - used) * GRANULE_BYTES,
    largestFreeBytes: largest * GRANULE_BYTES,
  };
}

type Report = (kind: CorruptionKind, word: number) => void;

function checkEnd(heap: HeapView, previousUsed: boolean, report: Report): void {
  const header = heap.words[heap.end]!;
  const flags = USED | (previousUsed ? PREVIOUS_USED : 0);
  if (evenBits(header) !== 0 || header >>> SIZE_SHIFT !== 0 || (header & (USED | PREVIOUS_USED)) !== flags) {
    report('header', heap.end);
  }
}

/** Checks that every free block is in its bin once and every bin's bit is right. Empties `free`. */
function checkBins(heap: HeapView, free: Map<number, number>, report: Report): void {
  const { words, control } = heap;
  const bins = mapWord(((heap.end - heap.first) >>> 1) * GRANULE_BYTES) - HEADS;
  for (let bin = 0; bin < bins; bin++) {
    let block = control[HEADS + bin]!;
    const word = bin >>> 5;
    const marked = (control[BITMAP + word]! & (1 << (bin & 31))) !== 0;
    const summed = (control[SUMMARY]! & (1 << word)) !== 0;
    if (marked !== (block !== 0) || (marked && !summed)) report('bins', block);
    let previous = 0;
    while (block !== 0) {
      const granules = free.get(block);
      if (granules === undefined || binOf(granules) !== bin || words[block + 2] !== previous) {
        report('free-list', block);
        return;
      }
      free.delete(block);
      previous = block;
      block = words[block + 1]!;
    }
  }
  for (const block of free.keys()) report('free-list', block);
}

function countMap(heap: HeapView): number {
  let count = 0;
  const granules = (heap.end - heap.first) >>> 1;
  for (let word = 0; word <= granules >>> 5; word++) {
    for (let bits = heap.control[heap.map + word]!; bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}

/** Returns what a pointer to no used block points to instead. It walks from the start, which only a wrong pointer costs. */
export function explainPointer(heap: HeapView, offset: number): HeapProblem {
  if (!(offset > heap.first * 4 && offset < heap.end * 4)) return { kind: 'foreign-pointer', offset };
  if (offset % GRANULE_BYTES !== 0) return { kind: 'misaligned-pointer', offset };
  const target = offset / 4 - 1;
  let block = heap.first;
  for (const { offset: payload, bytes, used } of blocksOf(heap)) {
    block = payload / 4 - 1 + bytes / 4;
    if (block <= target) continue;
    if (payload < offset) return { kind: used ? 'interior-pointer' : 'stale-pointer', offset };
    if (!used) return { kind: 'double-free', offset };
    // The block itself seems sound, so the next one's header or the map is not.
    return { kind: heap.map !== 0 && !heap.inMap(target) ? 'block-map' : 'header', offset: block * 4 };
  }
  return { kind: 'header', offset: block * 4 };
}
