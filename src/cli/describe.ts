// Turns what was thrown into one line for the user (what, where, what to do) and the exit code, by the kind of the error, never by its text.
// Refuses to show a JavaScript stack, which main.ts does for --trace and -v=5.
import type { SourceFrame } from '../entry/debug.js';
import { EnclasmError, type Frame, LimitError, Trap } from '../entry/embed.js';
import { printableLines } from '../entry/lean.js';
import { limitRow } from '../entry/tables.js';
import { CliError, EXIT_CANNOT_LOAD, EXIT_INTERRUPTED, EXIT_USAGE } from './cli-error.js';
import { optionOf } from './limit-options.js';

/** The stage of a run in which an error happened. */
export type Stage = 'init' | 'load' | 'instantiate' | 'run';

export interface Described {
  /** The line, without the program's name. */
  readonly text: string;
  readonly exitCode: number;
  /** The kind of error, for --json. */
  readonly kind: string;
}

/**
 * @param file the module's path as it was given
 * @param pooled whether memory comes from a pool whose size the user gave
 */
export function describe(error: unknown, stage: Stage, file: string, pooled = false): Described {
  if (error instanceof CliError) return { text: error.message, exitCode: error.exitCode, kind: 'command' };
  const exitCode = stage === 'run' ? EXIT_USAGE : EXIT_CANNOT_LOAD;
  const kind = error instanceof EnclasmError ? error.kind : 'host';
  // Only Ctrl-C aborts a call.
  const aborted = (error as { readonly failure?: string } | null)?.failure === 'aborted';
  if (aborted || (error instanceof LimitError && error.limit === 'signal')) {
    return { text: `${file}: interrupted`, exitCode: EXIT_INTERRUPTED, kind };
  }
  return { text: `${file}: ${textOf(error, stage, pooled)}`, exitCode, kind };
}

function textOf(error: unknown, stage: Stage, pooled: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Trap) return `trap: ${message}${placeOf(error.frames)}`;
  if (error instanceof LimitError) return limitText(error, pooled);
  switch (error instanceof EnclasmError ? error.kind : '') {
    case 'init':
      return `${message}; --pool sets the size of the memory`;
    case 'enclave':
      return `enclave: ${message}`;
    case 'malformed':
      return `not a valid WebAssembly module: ${message}; was it damaged or cut on its way?`;
    case 'invalid':
      return `invalid module: ${message}; it must be built again`;
    case 'link':
      return `cannot be linked: ${message}; --module-path says where other modules lie`;
    case 'exception':
      return `uncaught wasm exception: ${message}`;
    case 'internal':
      return `internal error of Enclasm: ${message}; please report it (--trace shows where)`;
    case 'aot':
      return `${message}; enclasm compile writes it anew`;
    case 'usage':
      return message;
    default:
      return stage === 'init' && error instanceof RangeError
        ? `no memory: ${message}; --pool or --memory ask for less`
        : `${message}; --trace shows where`;
  }
}

function limitText({ limit, value, message, detail }: LimitError, pooled: boolean): string {
  const { unit } = limitRow(limit);
  const option = optionOf(limit);
  if (limit === 'memoryBytes' && pooled) return `the pool is too small: ${detail ?? message}; --pool makes it larger`;
  const amount = `${value}${unit ? ` ${unit}` : ''}`;
  return `stopped at its limit of ${amount} (${limit})${detail ? `: ${detail}` : ''}${option ? `; ${option} gives it more` : ''}`;
}

function placeOf(frames: readonly Frame[]): string {
  const frame = frames[0];
  if (!frame) return '';
  const offset = frame.offset < 0 ? '' : ` at offset 0x${frame.offset.toString(16)}`;
  return `, in function ${frame.functionName}${offset}${sourceOf(frame)}${frames.length > 1 ? '; -v=3 shows the calls' : ''}`;
}

/** Returns one line per wasm frame, innermost first. */
export function framesOf(error: unknown): string[] {
  if (!(error instanceof Trap || error instanceof LimitError)) return [];
  if (error instanceof Trap && error.waits) {
    return error.waits.flatMap(({ thread, address, frames }) => [
      `thread ${thread}${address === undefined ? '' : ` waits at address ${address}`}`,
      ...linesOf(frames),
    ]);
  }
  return linesOf(error.frames);
}

/** Where a frame is in its source, if that is known. */
function sourceOf(frame: Frame): string {
  const { source } = frame as Partial<SourceFrame>;
  return source ? ` (${printableLines(`${source.file}:${source.line}`)})` : '';
}

function linesOf(frames: readonly Frame[]): string[] {
  // The file is known where it is all there is.
  const several = new Set(frames.map(({ moduleName }) => moduleName)).size > 1;
  return frames.map((frame, i) => {
    const { functionName, functionIndex, moduleName, offset } = frame;
    const where = offset < 0 ? '' : `, offset 0x${offset.toString(16)}`;
    return `#${i} ${functionName} (function ${functionIndex}${several && moduleName ? ` of ${moduleName}` : ''}${where})${sourceOf(frame)}`;
  });
}
