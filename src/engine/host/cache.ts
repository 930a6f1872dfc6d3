// Instrumented code by content: compiled modules in memory, their bytes in a store of the embedder's. An entry names the module it was made
// from by its bytes, all of them: whatever does not match, or is damaged, is as if it were not there.
import type { HostModuleObject } from './webassembly.js';

/** A place that outlives the process, such as a folder. Keys are letters and digits. Neither function may throw. */
export interface CodeStore {
  get(key: string): Uint8Array | undefined;
  put(key: string, entry: Uint8Array): void;
}

/** Changes with the instrumented code. */
const VERSION = 1;
const MAGIC = 0x656e_636c;
const HEADER_BYTES = 20;

/** A hash of four lanes of 32 bits: keeps modules apart, proves nothing; entries are compared byte by byte. */
export function contentKey(bytes: Uint8Array): string {
  const lanes = [0x811c_9dc5, 0x1234_5679, 0x9e37_79b9, bytes.length | 0];
  for (let i = 0; i < bytes.length; i++) {
    const k = i & 3;
    lanes[k] = Math.imul(lanes[k]! ^ bytes[i]!, 0x0100_0193) + lanes[(k + 1) & 3]!;
  }
  return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

function checksum(bytes: Uint8Array): number {
  let sum = 0x811c_9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, 0x0100_0193);
  return sum >>> 0;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Header (magic, version, two lengths, checksum of what follows), the module, the instrumented module. */
export function packEntry(original: Uint8Array, bytes: Uint8Array): Uint8Array {
  const entry = new Uint8Array(HEADER_BYTES + original.length + bytes.length);
  entry.set(original, HEADER_BYTES);
  entry.set(bytes, HEADER_BYTES + original.length);
  const view = new DataView(entry.buffer);
  const words = [MAGIC, VERSION, original.length, bytes.length, checksum(entry.subarray(HEADER_BYTES))];
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  return entry;
}
/** The instrumented module of an entry that is whole and was made from `original`. */
export function unpackEntry(entry: Uint8Array, original: Uint8Array): Uint8Array | undefined {
  if (entry.length < HEADER_BYTES) return undefined;
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const [magic, version, length, rest, sum] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
  if (magic !== MAGIC || version !== VERSION || length !== original.length) return undefined;
  if (entry.length !== HEADER_BYTES + length + rest!) return undefined;
  const payload = entry.subarray(HEADER_BYTES);
  if (!same(payload.subarray(0, length), original) || checksum(payload) !== sum) return undefined;
  return payload.slice(length);
}

interface Known {
  readonly original: Uint8Array;
  readonly bytes: Uint8Array;
  readonly compiled: HostModuleObject | undefined;
}

export class CodeCache {
  readonly #store: CodeStore | undefined;
  /** Weak: code lives as long as somebody uses it. */
  readonly #known = new Map<string, WeakRef<Known>>();
  readonly #owners = new WeakMap<HostModuleObject, Known>();

  constructor(store: CodeStore | undefined) {
    this.#store = store;
  }
  find(key: string, original: Uint8Array): Known | undefined {
    const known = this.#known.get(key)?.deref();
    if (known && same(known.original, original)) return known;
    const entry = this.#store?.get(key);
    const bytes = entry && unpackEntry(entry, original);
    return bytes && { original, bytes, compiled: undefined };
  }
  /** @param isNew it is not in the store yet */
  keep(key: string, original: Uint8Array, bytes: Uint8Array, compiled: HostModuleObject, isNew: boolean): void {
    const known = { original, bytes, compiled };
    this.#known.set(key, new WeakRef(known));
    this.#owners.set(compiled, known);
    if (isNew) this.#store?.put(key, packEntry(original, bytes));
  }
}
