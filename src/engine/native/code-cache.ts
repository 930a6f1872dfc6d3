// Instrumented code by content: compiled modules in memory, their bytes in a store that the embedder provides. An entry contains all bytes of the
// module it was made from; an entry that does not match, or is damaged, is ignored.
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.js';
import type { Feature } from '../../wasm/features.js';
import type { ValidatedModule } from '../../wasm/module.js';
import type { WebAssemblyModule } from './webassembly.js';

/** A store that outlives the process, such as a folder. Keys are letters and digits. Neither function may throw. */
export interface CodeStore {
  get(key: string): Uint8Array | undefined;
  put(key: string, entry: Uint8Array): void;
}

/** The version changes with the instrumented code, and with what is valid. */
const VERSION = 18;
const MAGIC = 0x656e_636c;
const HEADER_BYTES = 20;

/** All loops here process words, because they run before anything is compiled. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A hash of four lanes of 32 bits. It keeps modules apart but proves nothing; entries are compared byte by byte. */
export function contentKey(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  let a = 0x811c_9dc5;
  let b = 0x1234_5679;
  let c = 0x9e37_79b9;
  let d = bytes.length | 0;
  let i = 0;
  for (; i + 16 <= bytes.length; i += 16) {
    a = (Math.imul(a ^ view.getInt32(i, true), 0x0100_0193) + b) | 0;
    b = (Math.imul(b ^ view.getInt32(i + 4, true), 0x0100_0193) + c) | 0;
    c = (Math.imul(c ^ view.getInt32(i + 8, true), 0x0100_0193) + d) | 0;
    d = (Math.imul(d ^ view.getInt32(i + 12, true), 0x0100_0193) + (a ^ (a >>> 15))) | 0;
  }
  for (; i < bytes.length; i++) d = (Math.imul(d ^ bytes[i]!, 0x0100_0193) + (d >>> 11)) | 0;
  return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The key of what is known of a valid module, whatever the options. Those of code end with optionsKey(), which has no such letter. */
export function featuresKey(contentKey: string): string {
  return `${contentKey}v`;
}

/** A checksum of a key and its content; the key says which options the code was made with. */
function checksum(key: string, bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let sum = 0x811c_9dc5;
  for (let k = 0; k < key.length; k++) sum = Math.imul(sum ^ key.charCodeAt(k), 0x0100_0193);
  let i = 0;
  // The rotation moves differences in the highest bits down again.
  for (; i + 4 <= bytes.length; i += 4) {
    sum = Math.imul(((sum << 13) | (sum >>> 19)) ^ view.getInt32(i, true), 0x0100_0193);
  }
  for (; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, 0x0100_0193);
  return sum >>> 0;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const left = viewOf(a);
  const right = viewOf(b);
  let i = 0;
  for (; i + 4 <= a.length; i += 4) if (left.getInt32(i) !== right.getInt32(i)) return false;
  for (; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Packs a header (magic, version, two lengths, checksum), the module, and what was made of it, which the checksum is of. */
export function packEntry(key: string, original: Uint8Array, bytes: Uint8Array): Uint8Array {
  const entry = new Uint8Array(HEADER_BYTES + original.length + bytes.length);
  entry.set(original, HEADER_BYTES);
  entry.set(bytes, HEADER_BYTES + original.length);
  const view = new DataView(entry.buffer);
  const words = [MAGIC, VERSION, original.length, bytes.length, checksum(key, bytes)];
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  return entry;
}
/** Returns what was made of `original` for this key, if the entry is intact. */
export function unpackEntry(key: string, entry: Uint8Array, original: Uint8Array): Uint8Array | undefined {
  if (entry.length < HEADER_BYTES) return undefined;
  const view = viewOf(entry);
  const [magic, version, length, rest, sum] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
  if (magic !== MAGIC || version !== VERSION || length !== original.length) return undefined;
  if (entry.length !== HEADER_BYTES + length + rest!) return undefined;
  const made = entry.subarray(HEADER_BYTES + length);
  if (!same(entry.subarray(HEADER_BYTES, HEADER_BYTES + length), original) || checksum(key, made) !== sum)
    return undefined;
  return made.slice();
}

const NOTHING = new Uint8Array(0);

interface Known {
  readonly original: Uint8Array;
  readonly bytes: Uint8Array;
  readonly compiled: WebAssemblyModule | undefined;
}

export class CodeCache {
  readonly #store: CodeStore | undefined;
  /** The references are weak: code lives only as long as it is in use. */
  readonly #known = new Map<string, WeakRef<Known>>();
  readonly #owners = new WeakMap<WebAssemblyModule, Known>();

  /** Hashes that were asked for: a start asks when it loads a module, and again when it takes its code. */
  readonly #contentKeys = new WeakMap<Uint8Array, string>();

  constructor(store: CodeStore | undefined) {
    this.#store = store;
  }
  contentKeyOf(original: Uint8Array): string {
    let key = this.#contentKeys.get(original);
    if (key === undefined) this.#contentKeys.set(original, (key = contentKey(original)));
    return key;
  }
  /**
   * The features that a module with these bytes uses, if the store has an entry that says so: one was found valid then. Nothing but the hash says that it was
   * this one: find() compares all bytes.
   */
  featuresOf(original: Uint8Array): ReadonlySet<Feature> | undefined {
    if (this.#store === undefined) return undefined;
    const key = featuresKey(this.contentKeyOf(original));
    const entry = this.#store.get(key);
    const names = entry && unpackEntry(key, entry, NOTHING);
    return names && new Set((decodeUtf8(names)?.split(' ').filter(Boolean) ?? []) as Feature[]);
  }
  find(key: string, original: Uint8Array): Known | undefined {
    const known = this.#known.get(key)?.deref();
    if (known && same(known.original, original)) return known;
    const entry = this.#store?.get(key);
    const bytes = entry && unpackEntry(key, entry, original);
    return bytes && { original, bytes, compiled: undefined };
  }
  /** @param isNew the entry is not in the store yet */
  keep(key: string, module: ValidatedModule, bytes: Uint8Array, compiled: WebAssemblyModule, isNew: boolean): void {
    const original = module.bytes;
    const known = { original, bytes, compiled };
    this.#known.set(key, new WeakRef(known));
    this.#owners.set(compiled, known);
    if (!isNew || this.#store === undefined) return;
    const features = featuresKey(this.contentKeyOf(original));
    this.#store.put(key, packEntry(key, original, bytes));
    this.#store.put(features, packEntry(features, NOTHING, encodeUtf8([...module.usedFeatures].join(' '))));
  }
}
