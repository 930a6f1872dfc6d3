// The file of a module compiled ahead of time: its header, the faults it can have, and the check of its text. docs/aot-format.md describes it for
// readers.
import { sha256 } from '../../base/sha256.js';
import { encodeUtf8 } from '../../base/utf8.js';
import { EnclasmError } from '../../wasm/errors.js';
import type { Feature } from '../../wasm/features.js';
import type { ChunkFactory, SignaturePair } from './code-source.js';
import type { EmitOptions } from './emit-options.js';
import type { SharedNames } from './shared-names.js';

/** The format's version, which grows whenever emitted code and this library become incompatible. */
export const AOT_FORMAT = 4;

/** The platform that a compiled file is meant for, which decides the form of the file. 'jitless': any whose JavaScript engine compiles nothing. */
export type AotTarget = 'node' | 'browser' | 'worker' | 'jitless' | 'hermes';

/** What can be wrong with a compiled file. */
export type AotFault = 'not-aot' | 'version' | 'truncated' | 'edited' | 'mismatch';

/** A compiled file is refused. */
export class AotError extends EnclasmError {
  override readonly name = 'AotError';
  readonly kind = 'aot';
  /** What is wrong with the file. */
  readonly fault: AotFault;
  /** Makes an error about a compiled file. @param fault what is wrong with it */
  constructor(fault: AotFault, text: string, options?: ErrorOptions) {
    super(text, options);
    this.fault = fault;
  }
}

/** What a compiled file states about itself. */
export interface AotHeader {
  /** The version of the format: see docs/aot-format.md. */
  readonly format: number;
  /** The platform that the file is meant for. */
  readonly target: AotTarget;
  /** SHA-256 of the WebAssembly module. */
  readonly wasmHash: string;
  /** SHA-256 of the texts of the code. */
  readonly codeHash: string;
  /** Features that the module uses. */
  readonly features: readonly Feature[];
  /** The functions that were too large to compile; a fallback runs them. */
  readonly left: readonly number[];
}

/** A form of the code, made for one set of options. */
export interface AotVariant {
  readonly options: EmitOptions;
  readonly link: ChunkFactory;
}

/** What a compiled file exports. */
export interface AotExports {
  readonly header: AotHeader;
  readonly variants: readonly AotVariant[];
  /** How values pass between call slots and the code, by signature. */
  readonly signatures: (names: SharedNames) => Readonly<Record<string, SignaturePair>>;
  /** The WebAssembly module in base64; empty if it was left out. */
  readonly wasm: string;
  /** The header's code hash again; its presence shows that the file is complete. */
  readonly end: string;
}

const FIRST_LINE = /^\/\/ enclasm-aot (\d+) length=(\d+) sha256=([0-9a-f]{64})\n/;

/** How the texts of the code begin. A host whose loader writes programs anew, as Bun's does, gives them otherwise. */
export const LINK_START = 'function(E,N){';
export const SIGNATURES_START = 'function(N){return {';

/** Prepends the line that allows a reader to check the rest. */
export function sealText(rest: string): string {
  const bytes = encodeUtf8(rest);
  return `// enclasm-aot ${AOT_FORMAT} length=${bytes.length} sha256=${sha256(bytes)}\n${rest}`;
}

/** Whether a text claims to be a compiled file. */
export function isAotText(text: string): boolean {
  return text.startsWith('// enclasm-aot ');
}

/**
 * Checks the text of a compiled file before it is run.
 * @throws AotError 'not-aot', 'version', 'truncated', 'edited'
 */
export function checkAotText(text: string): void {
  const line = FIRST_LINE.exec(text);
  if (!line) {
    if (isAotText(text) && !text.includes('\n'))
      throw new AotError('truncated', 'the compiled file ends in its first line');
    throw new AotError('not-aot', 'this is no file that was compiled ahead of time');
  }
  checkFormat(Number(line[1]));
  const rest = encodeUtf8(text.slice(line[0].length));
  const length = Number(line[2]);
  if (rest.length < length) {
    throw new AotError('truncated', `the compiled file is truncated: ${rest.length} of ${length} bytes are there`);
  }
  if (rest.length > length || sha256(rest) !== line[3]) {
    throw new AotError('edited', 'the compiled file was changed after it was written: its hash does not fit');
  }
}

/** @throws AotError 'version' */
export function checkFormat(format: number): void {
  if (format === AOT_FORMAT) return;
  throw new AotError(
    'version',
    `the compiled file has format ${format}, this version reads ${AOT_FORMAT}: compile again`,
  );
}

/** Returns the hash of the code's texts. */
export function codeHash(texts: readonly string[]): string {
  return sha256(encodeUtf8(texts.join('\0')));
}
