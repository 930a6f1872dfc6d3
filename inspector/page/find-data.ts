// Looks through a memory for where data begins. Reads piece by piece, so that the page stays alive on gigabytes. Refuses nothing.

const PIECE_BYTES = 1 << 20;

type Read = (address: number, length: number) => Promise<Uint8Array | undefined>;

/**
 * Returns the address of the next row that is not all zeros, behind the next row that is; undefined where none follows.
 * @param from where to begin, a multiple of `rowBytes`
 */
export async function nextData(size: number, from: number, rowBytes: number, read: Read): Promise<number | undefined> {
  let inData = true;
  for (let address = from; address < size; address += PIECE_BYTES) {
    const piece = await read(address, Math.min(PIECE_BYTES, size - address));
    if (!piece) return undefined;
    for (let row = 0; row < piece.length; row += rowBytes) {
      const isZero = piece.subarray(row, row + rowBytes).every((byte) => byte === 0);
      if (isZero) inData = false;
      else if (!inData) return address + row;
    }
  }
  return undefined;
}
