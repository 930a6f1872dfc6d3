// Memory that a guest and its host exchange bytes through: blocks by address, as long as one call. The guest pays for it as for its own.
// Refuses addresses outside of what was allocated; what does not fit is address 0.
import type { Budget } from '../../runtime/budget.js';
import { PluginError } from '../../runtime/plugin-error.js';

/** Blocks take at least so many bytes, so that what the host spends on each is paid for. */
const LEAST_BLOCK_BYTES = 64;
const LEAST_BYTES = 4_096;
/** Address 0 is no block. */
const FIRST = LEAST_BLOCK_BYTES;
const MOST_BYTES = 2 ** 32;
const NOTHING = new Uint8Array(0);

export class KernelMemory {
  #bytes = NOTHING;
  #data = new DataView(NOTHING.buffer);
  /** Where no block has been yet. */
  #end = FIRST;
  #payer: Budget | undefined;
  /** Lengths, by address. */
  readonly #blocks = new Map<number, number>();
  /** Addresses of blocks that were freed, by the bytes that each has room for. */
  readonly #free = new Map<number, number[]>();

  /** Who pays for what is allocated from now on. */
  open(payer: Budget): void {
    this.#payer = payer;
  }
  /** Gives up everything, and what was paid. */
  close(): void {
    this.#payer?.release(this.#bytes.length);
    this.#bytes = NOTHING;
    this.#data = new DataView(NOTHING.buffer);
    this.#end = FIRST;
    this.#blocks.clear();
    this.#free.clear();
  }

  /** The address of a new block of zeros; 0: no room, or no bytes wanted. */
  allocate(length: number): number {
    if (!(length > 0 && length <= MOST_BYTES)) return 0;
    const room = roomFor(length);
    const freed = this.#free.get(room)?.pop();
    const address = freed ?? this.#end;
    if (freed === undefined) {
      if (!this.#reserve(address + room)) return 0;
      this.#end = address + room;
    } else this.#bytes.fill(0, address, address + length);
    this.#blocks.set(address, length);
    return address;
  }
  /** The address of a new block with these bytes; 0: no room, or no bytes. */
  store(bytes: Uint8Array): number {
    const address = this.allocate(bytes.length);
    if (address !== 0) this.#bytes.set(bytes, address);
    return address;
  }
  /** What is no block is ignored. */
  free(address: number): void {
    const length = this.#blocks.get(address);
    if (length === undefined) return;
    this.#blocks.delete(address);
    const room = roomFor(length);
    const freed = this.#free.get(room);
    if (freed) freed.push(address);
    else this.#free.set(room, [address]);
  }
  /** Bytes of a block; 0 for what is none. */
  lengthOf(address: number): number {
    return this.#blocks.get(address) ?? 0;
  }
  /** The bytes from an address on, in place. @throws PluginError 'out-of-bounds' */
  bytesAt(address: number, length: number, what: string): Uint8Array {
    this.check(address, length, what);
    return this.#bytes.subarray(address, address + length);
  }
  /** The bytes of a block, in place. @throws PluginError 'out-of-bounds' for an address that is no block */
  block(address: number, what: string): Uint8Array {
    const length = this.#blocks.get(address);
    if (length === undefined) throw outside(what, address, 0);
    return this.#bytes.subarray(address, address + length);
  }
  /** The view for single values. @throws PluginError 'out-of-bounds' */
  at(address: number, length: number, what: string): DataView {
    this.check(address, length, what);
    return this.#data;
  }

  /** @throws PluginError 'out-of-bounds' */
  check(address: number, length: number, what: string): void {
    if (!(address >= FIRST && length >= 0 && address + length <= this.#end)) throw outside(what, address, length);
  }
  /** Doubles, as far as that is paid for: growing step by step would copy too often. */
  #reserve(bytes: number): boolean {
    const { length } = this.#bytes;
    if (bytes <= length) return true;
    return this.#grow(Math.max(bytes, length * 2, LEAST_BYTES)) || this.#grow(bytes);
  }
  #grow(bytes: number): boolean {
    const more = bytes - this.#bytes.length;
    if (bytes > MOST_BYTES || !this.#payer?.take(more)) return false;
    try {
      const grown = new Uint8Array(bytes);
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#data = new DataView(grown.buffer);
      return true;
    } catch (error) {
      this.#payer.release(more);
      if (error instanceof RangeError) return false;
      throw error;
    }
  }
}

/** A power of two, so that a freed block fits every later one of its kind. */
function roomFor(length: number): number {
  return Math.max(LEAST_BLOCK_BYTES, 2 ** Math.ceil(Math.log2(length)));
}

function outside(what: string, address: number, length: number): PluginError {
  const bytes = length > 0 ? `${length} bytes at address ${address}` : `address ${address}`;
  return new PluginError('out-of-bounds', `extism ${what}: ${bytes}: nothing is allocated there`);
}
