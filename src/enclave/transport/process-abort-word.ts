// A word that a process writes and its child reads while it runs: a file without a name, so that reading it neither waits nor needs a right to any path.
// Refuses nothing: where no file can be made there is no word.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The writing end. */
export class AbortWord {
  readonly #descriptor: number;
  /** For the child: it can only read. The parent closes it when the child has it. */
  readonly childsDescriptor: number;
  #isOpen = true;

  private constructor(descriptor: number, childsDescriptor: number) {
    this.#descriptor = descriptor;
    this.childsDescriptor = childsDescriptor;
    this.write(0);
  }
  /** Returns undefined where the system's folder for temporary files takes none. */
  static make(): AbortWord | undefined {
    const path = join(tmpdir(), `enclasm-${randomUUID()}`);
    let writing: number | undefined;
    try {
      writing = openSync(path, 'wx', 0o600);
      const reading = openSync(path, 'r');
      unlinkSync(path);
      return new AbortWord(writing, reading);
    } catch {
      if (writing !== undefined) closeSync(writing);
      return undefined;
    }
  }

  write(word: number): void {
    if (this.#isOpen) writeSync(this.#descriptor, Uint32Array.of(word), 0, Uint32Array.BYTES_PER_ELEMENT, 0);
  }
  close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}
