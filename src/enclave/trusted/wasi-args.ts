// Makes WASI options of the arguments of SET_WASI_ARGS: streams and files go by ocall. Refuses variables that are not NAME=value.
import { OutputStream, type WasiOptions } from '../../imports/wasi/index.js';
import type { OpenFile } from '../../platform/files.js';
import { UsageError } from '../../wasm/errors.js';
import { CHUNK_BYTES } from '../protocol/ocalls.js';
import type { WasiArgs } from '../protocol/structures.js';
import type { HeldOutput } from './held-output.js';
import { OcallFileSystem, ocallStream } from './ocall-files.js';
import type { TrustedPlatform } from './trusted-platform.js';

/**
 * Instantiates with the WASI options that a module was given.
 * @param wasi undefined where the module was given none
 * @param held takes the output that functions of the embedder get
 */
export function withWasi<T>(
  wasi: WasiArgs | undefined,
  trusted: TrustedPlatform,
  instantiate: (options: { readonly wasi?: WasiOptions }) => T,
  held?: HeldOutput,
): T {
  if (!wasi) return instantiate({});
  const streams = openStreams(wasi, trusted);
  try {
    return instantiate({ wasi: { ...wasiOptions(wasi, trusted, held), ...streams } });
  } catch (error) {
    for (const file of Object.values(streams)) closeUnused(file);
    throw error;
  }
}

function wasiOptions(
  { args = [], env = [], preopens = [], stdin, stdout, stderr, addressPool = [], allowResolve = [] }: WasiArgs,
  trusted: TrustedPlatform,
  held: HeldOutput | undefined,
): WasiOptions {
  // The guest writes again what the untrusted side cannot take now: it waits under its own deadline, and the embedder's thread is not blocked.
  const output = (stream: 'stdout' | 'stderr') =>
    new OutputStream((chunk) => {
      if (held) return held.write(stream, chunk);
      let at = 0;
      while (at < chunk.length) {
        const written = trusted.print(stream, chunk.subarray(at));
        if (written === 0) break;
        at += written;
      }
      return at;
    });
  const outputOf = (stream: 'stdout' | 'stderr', where: WasiArgs['stdout']) =>
    where === 'host' || where === 'called' ? output(stream) : 'ignore';
  return {
    args,
    env: Object.fromEntries(env.map((text) => splitVariable(text))),
    preopens: Object.fromEntries(
      preopens.map(({ guestPath, grant, readOnly }) => [
        guestPath,
        { fileSystem: new OcallFileSystem(trusted.ocalls, grant), readOnly },
      ]),
    ),
    stdin: stdin === 'host' || stdin === 'called' ? () => inputOf(trusted) : 'ignore',
    stdout: outputOf('stdout', stdout),
    stderr: outputOf('stderr', stderr),
    addressPool,
    allowResolve,
  };
}
const STREAMS = ['stdin', 'stdout', 'stderr'] as const;

/** Opens the streams that are files of the untrusted side: a guest can seek in them, as it can without an enclave. */
function openStreams(wasi: WasiArgs, trusted: TrustedPlatform): Partial<Record<(typeof STREAMS)[number], OpenFile>> {
  const streams: Partial<Record<(typeof STREAMS)[number], OpenFile>> = {};
  for (const name of STREAMS) {
    const file = wasi[name] === 'host' ? ocallStream(trusted.ocalls, name) : undefined;
    if (file) streams[name] = file;
  }
  return streams;
}
/** Closes a file after a failed instantiation, which may have closed it already. */
function closeUnused(file: OpenFile): void {
  try {
    file.close();
  } catch {
    // The file is closed already.
  }
}
function inputOf(trusted: TrustedPlatform): Uint8Array | null {
  const bytes = trusted.readInput(CHUNK_BYTES);
  return bytes.length === 0 ? null : bytes.slice();
}
/** @param command named in the error @throws UsageError */
export function splitVariable(text: string, command = 'SET_WASI_ARGS'): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`${command}: '${text}' is not NAME=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}
