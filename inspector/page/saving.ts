// Files that leave the page: one, or many in an archive. Names come from the guest. Refuses to let one leave the folder in which an archive is unpacked.
import { zipSync } from 'fflate';
import type { InputFile } from '../messages.js';

/** Archives of more bytes are not compressed: the page would stand still. */
const MOST_COMPRESSED = 8 << 20;

/** Has the browser save bytes. @param name as it is offered */
export function saveAs(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; a minute is for browsers that ask first.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A zip archive of the files, all below one folder. */
export function archive(folder: string, files: readonly InputFile[]): Uint8Array {
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  // Some programs that unpack take a backslash for a separator.
  const entries = files.map(({ name, bytes }) => [`${folder}/${name.replaceAll('\\', '_')}`, bytes] as const);
  return zipSync(Object.fromEntries(entries), { level: total > MOST_COMPRESSED ? 0 : 6 });
}
