// A plugin's input and output as embedders have them: bytes, texts, JSON. Only bytes go to the guest.
// Refuses values that JSON does not have, and outputs that are not the text or JSON that they are taken for.

import { show } from '../../base/show.js';
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.js';
import { isA } from '../../runtime/check-options.js';
import { PluginError } from '../../runtime/plugin-error.js';
import { UsageError } from '../../wasm/errors.js';
import type { Usage } from '../../wasm/usage-table.js';

/** What goes to a plugin: bytes as they are, a text as UTF-8, nothing for undefined, and everything else as JSON. */
export type PluginInput = Uint8Array | ArrayBuffer | string | number | boolean | object | null | undefined;

/** @throws UsageError for what JSON does not have */
export function encodeInput(input: PluginInput): { readonly input: Uint8Array; readonly isText: boolean } {
  if (input === undefined) return { input: new Uint8Array(0), isText: true };
  if (isA(input, Uint8Array)) return { input, isText: false };
  if (isA(input, ArrayBuffer)) return { input: new Uint8Array(input), isText: false };
  return { input: encodeUtf8(typeof input === 'string' ? input : jsonOf(input)), isText: true };
}
function jsonOf(input: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
  } catch (cause) {
    throw new UsageError('the input: JSON cannot hold it', { cause });
  }
  if (text === undefined)
    throw new UsageError(`the input: bytes, a text or what JSON has is wanted, not ${show(input)}`);
  return text;
}

/** What a plugin gave. */
export class PluginOutput {
  /** As it came. */
  readonly bytes: Uint8Array;
  /** What the call used; undefined where it ran inside another, which counts it. */
  readonly usage: Usage | undefined;

  /** @internal Calls make it. */
  constructor(bytes: Uint8Array, usage: Usage | undefined) {
    this.bytes = bytes;
    this.usage = usage;
  }
  /** As text. @throws PluginError 'invalid-text' for bytes that are not UTF-8 */
  text(): string {
    const text = decodeUtf8(this.bytes);
    if (text !== undefined) return text;
    throw new PluginError('invalid-text', `the output of ${this.bytes.length} bytes is not UTF-8`);
  }
  /** As JSON; `T` is what the caller expects, and is not checked. @throws PluginError 'invalid-json', 'invalid-text' */
  json<T = unknown>(): T {
    const text = this.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new PluginError('invalid-json', `the output is no JSON: ${(cause as Error).message}`);
    }
  }
}
