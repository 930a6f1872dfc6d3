// The process's own streams for the command line. Everything is written at once, so that nothing is lost when the process ends.
// Refuses to go on when nobody reads our output any more: that ends the guest, as it ends native programs.
import { readSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { FileError, type OpenFile } from '../entry/common.js';
import { nodePlatform } from '../entry/host.js';
import { CliError, EXIT_BROKEN_PIPE, EXIT_USAGE } from './errors.js';
import type { Io } from './io.js';

const NAMES = { stdin: 'standard input', stdout: 'standard output', stderr: 'standard error' } as const;
const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;
type Output = keyof typeof DESCRIPTORS;

/** How long to wait before a full pipe is tried again. */
const RETRY_MS = 2;

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EIO: 'input/output error',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
};

export function processIo(): Io {
  const lost = new Map<Output, string>();
  const platform = nodePlatform();

  const failed = (stream: Output, code: string | undefined, cause: unknown): unknown => {
    if (code === 'EPIPE') {
      return new CliError(`${NAMES[stream]}: broken pipe: whoever read it has gone`, EXIT_BROKEN_PIPE, { cause });
    }
    const reason = REASONS[code ?? ''];
    if (reason !== undefined) lost.set(stream, `${NAMES[stream]}: ${reason}; the output is incomplete`);
    return cause;
  };
  const writeAll = (stream: Output, bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(DESCRIPTORS[stream], bytes, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') platform.sleep(RETRY_MS);
        else throw failed(stream, code, error);
      }
    }
  };
  /** The guest's stream, watched for what a guest may not look at. */
  const watched = (stream: Output): OpenFile => {
    const file = platform.standardStream(DESCRIPTORS[stream]);
    const { write, writeVector } = file;
    const watch = <T>(action: () => T): T => {
      try {
        return action();
      } catch (error) {
        throw error instanceof FileError ? failed(stream, error.code, error) : error;
      }
    };
    file.write = (...args) => watch(() => write.apply(file, args));
    if (writeVector) file.writeVector = (...args) => watch(() => writeVector.apply(file, args));
    return file;
  };

  return {
    out(text) {
      try {
        writeAll('stdout', Buffer.from(text));
      } catch (error) {
        if (error instanceof CliError) throw error;
        throw new CliError(`${lost.get('stdout') ?? `${NAMES.stdout}: ${(error as Error).message}`}`, EXIT_USAGE);
      }
    },
    err(text) {
      try {
        writeAll('stderr', Buffer.from(text));
      } catch {
        // Nobody to tell.
      }
    },
    get errIsTerminal() {
      return isatty(2);
    },
    get inIsTerminal() {
      return isatty(0);
    },
    async *lines() {
      const { createInterface } = await import('node:readline');
      yield* createInterface({ input: process.stdin, terminal: false });
    },
    env: process.env,
    stdin: 'inherit',
    get stdout() {
      return watched('stdout');
    },
    get stderr() {
      return watched('stderr');
    },
    readInput(length) {
      const bytes = new Uint8Array(length);
      for (;;) {
        try {
          return bytes.subarray(0, readSync(0, bytes));
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'EOF') return new Uint8Array(0);
          if (code !== 'EAGAIN') throw error;
          platform.sleep(RETRY_MS);
        }
      }
    },
    readInputLater: asyncReader(),
    write: writeAll,
    get lostOutput() {
      return lost.get('stdout') ?? lost.get('stderr');
    },
    onInterrupt(callback) {
      process.on('SIGINT', callback);
      return () => process.off('SIGINT', callback);
    },
  };
}

/** Reads from process.stdin as it comes; each call gives a part of what is there. */
function asyncReader(): (length: number) => Promise<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  return async (length) => {
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
