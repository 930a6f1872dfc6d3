// Frames of a trap as programmers read them: names as in the source, files and lines. Refuses nothing: what the module does not say is missing.
import { decode } from '../binary/decode.js';
import { EnclasmError, type Frame } from '../wasm/errors.js';
import type { Module } from '../wasm/module.js';
import type { SourceLine } from './line-table.js';
import { readSourceMap as linesOf, sourceMapOf } from './source-map.js';
import { Symbols } from './symbols.js';

/** A frame with its place in the source. */
export interface SourceFrame extends Frame {
  /** The file and line of its instruction, in jit and aot of its function; undefined where the module does not say. */
  readonly source: SourceLine | undefined;
}

/**
 * Returns frames with names as in the source, and with places.
 * @param bytes the module that the frames are of
 * @param moduleName whose frames they are, as `Frame.moduleName` says; frames of other modules stay as they are. Default: all are of this module
 * @param readSourceMap for modules without DWARF, see `SourceMapReader`
 */
export function sourceFrames(
  frames: readonly Frame[],
  bytes: Uint8Array,
  moduleName?: string,
  readSourceMap?: (url: string) => string | undefined,
): SourceFrame[] {
  let module: Module;
  try {
    module = decode(bytes);
  } catch (error) {
    if (!(error instanceof EnclasmError)) throw error;
    return frames.map((frame) => ({ ...frame, source: undefined }));
  }
  const url = readSourceMap && sourceMapOf(module);
  const text = url === undefined ? undefined : readSourceMap!(url);
  const symbols = new Symbols(module, text === undefined ? undefined : linesOf(text));
  return frames.map((frame) => {
    const isOther = frame.functionIndex < 0 || (moduleName !== undefined && frame.moduleName !== moduleName);
    if (isOther) return { ...frame, source: undefined };
    return { ...frame, functionName: symbols.name(frame.functionIndex), source: symbols.line(frame.offset) };
  });
}
