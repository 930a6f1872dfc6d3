// Base64 (RFC 4648) for hosts that have neither Buffer nor atob. Refuses characters outside the alphabet.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 0x3d;

/** Of one piece, whose text is made at once: a text that grows by letters is millions of objects. */
const PIECE_BYTES = 6_144;

export function encodeBase64(bytes: Uint8Array): string {
  const letters = new Uint8Array((PIECE_BYTES / 3) * 4);
  let text = '';
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, bytes.length);
    let at = 0;
    for (let i = start; i < end; i += 3) {
      const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      letters[at++] = ALPHABET.charCodeAt(word >>> 18);
      letters[at++] = ALPHABET.charCodeAt((word >>> 12) & 63);
      letters[at++] = i + 1 < end ? ALPHABET.charCodeAt((word >>> 6) & 63) : PADDING;
      letters[at++] = i + 2 < end ? ALPHABET.charCodeAt(word & 63) : PADDING;
    }
    text += String.fromCharCode.apply(null, letters.subarray(0, at) as unknown as number[]);
  }
  return text;
}

const VALUES: Uint8Array = /* @__PURE__ */ (() => {
  const values = new Uint8Array(128).fill(255);
  for (let i = 0; i < 64; i++) values[ALPHABET.charCodeAt(i)] = i;
  return values;
})();

/** Returns undefined for a text that is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0) return undefined;
  const length = (text.length / 4) * 3 - padding;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let word = 0;
    for (let k = i; k < i + 4; k++) {
      const value = k >= text.length - padding ? 0 : (VALUES[text.charCodeAt(k)] ?? 255);
      if (value === 255) return undefined;
      word = (word << 6) | value;
    }
    for (let shift = 16; shift >= 0 && at < length; shift -= 8) bytes[at++] = (word >>> shift) & 0xff;
  }
  return bytes;
}
