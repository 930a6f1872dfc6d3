// Errors of guests as text, for the way from a thread to the one that serves it. Frames are left out from the outermost on where they are too many.
// Refuses nothing: what is no error of this runtime arrives as one that says what it was.
import { decodeUtf8, encodeUtf8 } from '../base/utf8.js';
import { type TagInstance, WasmException } from '../runtime/exception.js';
import { type Frame, InternalError, LimitError, LinkError, OtherModeError, Trap, UsageError } from '../wasm/errors.js';
import type { LimitName } from '../wasm/limit-table.js';
import type { TrapId } from '../wasm/traps.js';
import { MOST_TEXT_BYTES } from './mailbox.js';

interface ErrorFields {
  readonly kind: string;
  readonly message: string;
  /** Of a trap, or the limit. */
  readonly id?: string;
  readonly value?: number;
  readonly detail?: string | undefined;
  /** An exception is known by its tag's index; references in its payload do not cross. */
  readonly tag?: number;
  readonly payload?: readonly (string | null)[];
  readonly frames: readonly Frame[];
}

/** @param tags those of the instance that threw it */
export function encodeError(error: unknown, tags: readonly TagInstance[]): Uint8Array {
  const fields = fieldsOf(error, tags);
  for (let { frames } = fields; ; frames = frames.slice(0, Math.floor(frames.length / 2))) {
    const bytes = encodeUtf8(JSON.stringify({ ...fields, frames }));
    if (bytes.length <= MOST_TEXT_BYTES) return bytes;
  }
}
function fieldsOf(error: unknown, tags: readonly TagInstance[]): ErrorFields {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Trap) return { kind: 'trap', id: error.id, message, frames: error.frames };
  if (error instanceof LimitError) {
    // Infinity is no JSON.
    const value = Number.isFinite(error.value) ? { value: error.value } : {};
    return { kind: 'limit', id: error.limit, ...value, detail: error.detail, message, frames: error.frames };
  }
  if (error instanceof WasmException) {
    const payload = error.fields.map((field) => (typeof field === 'number' ? String(field) : null));
    return { kind: 'exception', tag: tags.indexOf(error.tag), payload, message, frames: error.frames };
  }
  if (error instanceof OtherModeError || error instanceof LinkError || error instanceof UsageError) {
    return { kind: error.name === 'UsageError' ? 'usage' : 'link', message, frames: [] };
  }
  return { kind: 'other', message: error instanceof Error ? `${error.name}: ${message}` : message, frames: [] };
}

/** @param tags of the same indices @param fuel the limit of the call */
export function decodeError(bytes: Uint8Array, tags: readonly TagInstance[], fuel: number): Error {
  const { kind, message, id, value, detail, tag, payload, frames } = JSON.parse(decodeUtf8(bytes)!) as ErrorFields;
  switch (kind) {
    case 'trap':
      return new Trap(id as TrapId, frames, message);
    case 'limit': {
      const amount = id === 'fuel' ? fuel : (value ?? Number.POSITIVE_INFINITY);
      return Object.assign(new LimitError(id as LimitName, amount, detail), { frames });
    }
    case 'exception':
      return Object.assign(
        new WasmException(
          tags[tag!]!,
          payload!.map((field) => field && Number(field)),
        ),
        { frames },
      );
    case 'link':
      return new LinkError(message);
    case 'usage':
      return new UsageError(message);
    default:
      return new InternalError(message);
  }
}
