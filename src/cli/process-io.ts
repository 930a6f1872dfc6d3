// The process's own streams for the command line. Everything is written synchronously, so that nothing is lost when the process ends.
// Refuses to write characters that a terminal obeys, except in the guest's own output. When the reader of the output is gone, it ends the guest, as
// the operating system ends native programs.
import { readSync, writeSync } from 'node:fs';
import { isTerminal, nodePlatform, printableLines } from '../entry/lean.js';
import { FileError, type OpenFile } from '../entry/libraries.js';
import { CliError, EXIT_BROKEN_PIPE, EXIT_USAGE } from './cli-error.js';
import { folderStore } from './code-store.js';
import { hasColours, paintErrors, paintHelp } from './colours.js';
import type { Io } from './io.js';
import { Progress } from './progress.js';

const NAMES = { stdout: 'standard output', stderr: 'standard error' } as const;
const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;
type Output = keyof typeof DESCRIPTORS;
/** Whose the bytes are: only the guest gets a failed write as an errno. */
type Writer = 'own' | 'guest';

/** Milliseconds before a full or an empty pipe is tried again. */
const RETRY_MS = 2;

/** The codes of a pipe or socket without a reader; a socket whose reader left bytes unread has the second one once. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET']);

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EIO: 'input/output error',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
};

/** @param load imports a module: a bundle cannot do that itself @param codeFolder where code is kept, if anywhere */
export function processIo(load: Io['load'], codeFolder?: string): Io {
  const platform = nodePlatform();
  const outputs = new Outputs(platform);
  // Text is made printable before it is coloured, so that names from modules cannot contain colours.
  const ownError = (text: string): string =>
    hasColours(isTerminal(2), process.env) ? paintErrors(printableLines(text)) : printableLines(text);
  return {
    out(text) {
      outputs.write('stdout', Buffer.from(printableLines(text)), 'own');
    },
    help(text) {
      outputs.write('stdout', Buffer.from(hasColours(isTerminal(1), process.env) ? paintHelp(text) : text), 'own');
    },
    err(text) {
      try {
        outputs.write('stderr', Buffer.from(ownError(text)), 'own');
      } catch {
        // Standard error is closed, so there is no one left to inform.
      }
    },
    progress: () => outputs.startProgress(),
    get inIsTerminal() {
      return isTerminal(0);
    },
    async *lines() {
      // The launcher imports it, because the bundle cannot use import().
      const { createInterface } = (await load('node:readline')) as typeof import('node:readline');
      yield* createInterface({ input: process.stdin, terminal: false });
    },
    env: process.env,
    get stdin() {
      return outputs.watchedInput() ?? 'inherit';
    },
    get stdout() {
      return outputs.watched('stdout');
    },
    get stderr() {
      return outputs.watched('stderr');
    },
    readInput: (length) => {
      outputs.makeRoomForInput();
      return readNow(length, () => platform.sleep(RETRY_MS));
    },
    readInputLater: laterReader(() => outputs.makeRoomForInput()),
    write: (stream, bytes) => outputs.writeSome(stream, bytes),
    get lostOutput() {
      return outputs.lost;
    },
    codeStore: codeFolder === undefined ? undefined : folderStore(codeFolder),
    codeFolder,
    load,
    onInterrupt(callback) {
      process.on('SIGINT', callback);
      return () => process.off('SIGINT', callback);
    },
  };
}

/** Standard output and standard error, and their failures. */
class Outputs {
  readonly #platform: ReturnType<typeof nodePlatform>;
  readonly #lost = new Map<Output, string>();
  readonly #guestFiles = new Map<Output, OpenFile>();
  #progress: Progress | undefined;

  constructor(platform: ReturnType<typeof nodePlatform>) {
    this.#platform = platform;
  }
  /** Why output of the guest is missing. */
  get lost(): string | undefined {
    return this.#lost.get('stdout') ?? this.#lost.get('stderr');
  }
  startProgress(): Progress | undefined {
    if (!isTerminal(DESCRIPTORS.stderr)) return undefined;
    const write = (text: string): void => this.#write('stderr', Buffer.from(text), 'own');
    return (this.#progress ??= new Progress(write, () => performance.now()));
  }
  /** Erases the progress line before other text is written, or read, on the same terminal. */
  #makeRoom(descriptor: 0 | 1 | 2, user: Writer): void {
    if (!this.#progress || !isTerminal(descriptor)) return;
    if (user === 'guest') this.#progress.end();
    else this.#progress.clear();
  }
  makeRoomForInput(): void {
    this.#makeRoom(0, 'guest');
  }
  /** Writes bytes. Throws a CliError, or a FileError where the guest writes, which gets it as an errno. */
  write(stream: Output, bytes: Uint8Array, writer: Writer): void {
    this.#makeRoom(DESCRIPTORS[stream], writer);
    this.#write(stream, bytes, writer);
  }
  #write(stream: Output, bytes: Uint8Array, writer: Writer): void {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(DESCRIPTORS[stream], bytes, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EAGAIN') throw this.#failed(stream, code, error, writer);
        this.#platform.sleep(RETRY_MS);
      }
    }
  }
  /** Writes what can be written at once, for a guest that waits itself. Returns how many bytes; throws as write(). */
  writeSome(stream: Output, bytes: Uint8Array): number {
    const file = this.#guestFiles.get(stream) ?? this.watched(stream);
    this.#guestFiles.set(stream, file);
    try {
      return file.write(bytes, 0, bytes.length, 0);
    } catch (error) {
      if (error instanceof FileError && error.code === 'EAGAIN') return 0;
      throw error;
    }
  }
  /** Returns the stream for a guest. Failed writes are recorded, because the guest may ignore them. */
  watched(stream: Output): OpenFile {
    const file = this.#platform.standardStream(DESCRIPTORS[stream]);
    const { write, writeVector } = file;
    const watch = <T>(action: () => T): T => {
      if (this.#progress) this.#makeRoom(DESCRIPTORS[stream], 'guest');
      try {
        return action();
      } catch (error) {
        throw error instanceof FileError ? this.#failed(stream, error.code, error, 'guest') : error;
      }
    };
    file.write = (...args) => watch(() => write.apply(file, args));
    if (writeVector) file.writeVector = (...args) => watch(() => writeVector.apply(file, args));
    return file;
  }
  /** Returns standard input for a guest that shares its terminal with the progress line, which is erased before the guest waits for input. */
  watchedInput(): OpenFile | undefined {
    if (!this.#progress || !isTerminal(0)) return undefined;
    const file = this.#platform.standardStream(0);
    const { read, readVector, ready } = file;
    file.read = (...args) => {
      this.makeRoomForInput();
      return read.apply(file, args);
    };
    if (readVector) {
      file.readVector = (...args) => {
        this.makeRoomForInput();
        return readVector.apply(file, args);
      };
    }
    file.ready = (...args) => {
      this.makeRoomForInput();
      return ready.apply(file, args);
    };
    return file;
  }
  /** Returns the error to throw instead. */
  #failed(stream: Output, code: string | undefined, cause: unknown, writer: Writer): unknown {
    if (code === 'EAGAIN') return cause;
    if (GONE.has(code ?? '')) {
      return new CliError(`${NAMES[stream]}: broken pipe: its reader has gone`, EXIT_BROKEN_PIPE, { cause });
    }
    const why = REASONS[code ?? ''] ?? (cause as Error).message;
    const text = `${NAMES[stream]}: ${why}; the output is incomplete`;
    if (writer === 'own') return new CliError(text, EXIT_USAGE, { cause });
    this.#lost.set(stream, text);
    return cause instanceof FileError ? cause : new FileError(code === 'ENOSPC' ? code : 'EIO');
  }
}

function readNow(length: number, wait: () => void): Uint8Array {
  const bytes = new Uint8Array(length);
  for (;;) {
    try {
      return bytes.subarray(0, readSync(0, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return new Uint8Array(0);
      if (code !== 'EAGAIN') throw error;
      wait();
    }
  }
}

/** Returns a function that reads from process.stdin as bytes arrive; each call returns a part of them. */
function laterReader(before: () => void): (length: number) => Promise<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  return async (length) => {
    before();
    if (rest.length === 0) {
      chunks ??= process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      const { done, value } = await chunks.next();
      if (done) return new Uint8Array(0);
      rest = value;
    }
    const part = rest.subarray(0, length);
    rest = rest.subarray(part.length);
    return part;
  };
}
