// Globals that programs for the web take for granted and that are no part of the language, for hosts without them: what a program for such a host brings
// along, as React Native's do. Refuses what the packages of these tests do not use: other encodings, streaming.
import { decodeBase64 } from '#src/base/base64.js';
import { decodeUtf8, encodeUtf8 } from '#src/base/utf8.js';

class Utf8Encoder {
  encode(text = ''): Uint8Array {
    return encodeUtf8(text);
  }
  encodeInto(text: string, into: Uint8Array): { readonly read: number; readonly written: number } {
    const bytes = encodeUtf8(text);
    if (bytes.length > into.length) throw new RangeError('the text has no room');
    into.set(bytes);
    return { read: text.length, written: bytes.length };
  }
}
class Utf8Decoder {
  decode(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes);
    if (text === undefined) throw new TypeError('the bytes are no UTF-8');
    return text;
  }
}
function atob(text: string): string {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new TypeError('the text is no base64');
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** Defines those that the host has not. */
export function defineLanguageGlobals(): void {
  const host = globalThis as unknown as Record<string, unknown>;
  host['TextEncoder'] ??= Utf8Encoder;
  host['TextDecoder'] ??= Utf8Decoder;
  host['atob'] ??= atob;
}
