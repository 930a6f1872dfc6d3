// Reads modules from files, with an error for everything else that a file can be. Refuses directories, empty files, other formats.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT_CANNOT_LOAD } from './cli-error.js';
import type { Io } from './io.js';
import type { Progress } from './progress.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; check the path',
  ENOTDIR: 'no such file; a part of its path is not a directory',
  EISDIR: 'is a directory; a .wasm file is wanted',
  EACCES: 'permission denied; it must be readable',
  EPERM: 'permission denied; it must be readable',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'no such file; the name is too long',
  ERR_FS_FILE_TOO_LARGE: 'too large',
};

/** The file name that means standard input. */
export const STANDARD_INPUT = '-';
/** Bytes that are read at once. */
const INPUT_CHUNK = 65_536;

/** The version of components, which have the magic number of modules, and a layer where modules have zeros. */
const COMPONENT_VERSION = 0x0d;

/** The operations that take long, and roughly how much of a module each handles in a second. */
export interface Work {
  readonly name: string;
  readonly bytesPerSecond: number;
}
const LOADING: Work = { name: 'loading', bytesPerSecond: 25_000_000 };

/**
 * The bytes of a module. Text is assembled where a development dependency can do it.
 * @param progress shows a line for files that take long @param work the operations on them that take long
 * @throws CliError, exit code 255
 */
export async function readModule(
  path: string,
  io: Io,
  progress: Progress | undefined,
  work = LOADING,
): Promise<Uint8Array> {
  const bytes = path === STANDARD_INPUT ? readStandardInput(io) : readBytes(path);
  const refuse = (text: string): never => {
    throw new CliError(`${path}: ${text}`, EXIT_CANNOT_LOAD);
  };
  if (bytes.length === 0) return refuse('the file is empty; a WebAssembly module has at least 8 bytes');
  if (path.endsWith('.wat') || /^\s*(\(;|;;|\(module)/.test(latin1(bytes, 64))) {
    const { assemble } = await import('./assemble.js');
    return assemble(path, bytes, io);
  }
  if (latin1(bytes, 2) === '//' && (await import('../entry/aot.js')).isAotText(latin1(bytes, 64))) {
    return refuse('is a compiled file, which runs outside the sandbox itself; if you trust it: enclasm run --mode=aot');
  }
  const magic = latin1(bytes, 4);
  if (magic === '\0aot') return refuse("this is a file of WAMR's AOT compiler; give the .wasm file it was made from");
  if (!'\0asm'.startsWith(magic)) {
    return refuse(`not a WebAssembly module: it starts with ${shown(bytes)}, not with 00 61 73 6d`);
  }
  if (bytes.length < 8) return refuse(`cut off after ${bytes.length} bytes; a WebAssembly module has at least 8`);
  if (bytes[4] === COMPONENT_VERSION && bytes[6] === 1) {
    return refuse(
      'this is a component (of the component model); a core module is wanted, as compilers make for preview 1 of WASI',
    );
  }
  if (bytes.length > work.bytesPerSecond) {
    progress?.show(`${path}: ${work.name} ${(bytes.length / 1e6).toFixed(1)} MB`);
  }
  return bytes;
}

/** The names of streams that the starter of this program passed to it: they may be pipes, and the user wants to wait for them. */
const GIVEN_STREAM = /^\/(dev\/stdin|dev\/fd\/\d+|proc\/self\/fd\/\d+)$/;

/**
 * A pipe, a socket or a device by its name may never end, and nothing limits how long one waits for it.
 * @throws CliError, exit code 255; what the file system throws
 */
function refuseEndless(path: string): void {
  if (GIVEN_STREAM.test(path)) return;
  const stat = statSync(path);
  if (!stat.isFile() && !stat.isDirectory()) throw new CliError(`${path}: is no regular file`, EXIT_CANNOT_LOAD);
}

/** @throws CliError, exit code 255 */
export function readBytes(path: string): Uint8Array {
  try {
    refuseEndless(path);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(`${path}: ${REASONS[code ?? ''] ?? message}`, EXIT_CANNOT_LOAD, { cause: error });
  }
}

/** @throws CliError where standard input is a terminal, on which no module can be typed */
function readStandardInput(io: Io): Uint8Array {
  if (io.inIsTerminal) {
    throw new CliError('standard input is a terminal; a module comes from a file or a pipe: enclasm run - < FILE');
  }
  const chunks: Uint8Array[] = [];
  for (let chunk = io.readInput(INPUT_CHUNK); chunk.length > 0; chunk = io.readInput(INPUT_CHUNK)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function latin1(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
function shown(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Finds NAME.wasm below a directory, for modules that import from NAME. */
export function moduleReader(directory: string): (name: string) => Uint8Array | undefined {
  return (name) => {
    // A module's text must not lead out of the directory.
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) return undefined;
    try {
      const path = join(directory, `${name}.wasm`);
      refuseEndless(path);
      return readFileSync(path);
    } catch {
      return undefined;
    }
  };
}
