// Turns rows of the tables into packets and back. Both directions and both sides use this one code.
// Refuses fields of the wrong type, unknown fields, missing slots, slots or bytes that the row does not have.
import { UsageError } from '../../wasm/errors.js';
import { COMMANDS } from './commands.js';
import { ProtocolError } from './enclave-errors.js';
import { FAST_CODECS, type FastCodec, type FastFields } from './fast-codecs.js';
import { type Field, type Fields, type PayloadField, refuseUnknown, type SlotField } from './fields.js';
import { OCALLS } from './ocalls.js';
import { beginSlots, type PacketBuffer, type PacketReader, PacketWriter, SLOTS_AT } from './packet.js';

/** A list of fields, prepared: slots first, payloads after them, each in the order of the row. */
export class Layout {
  readonly fields: { readonly [name: string]: Field<unknown> };
  readonly slotNames: readonly string[];
  readonly slots: readonly SlotField<unknown>[];
  readonly payloadNames: readonly string[];
  readonly payloads: readonly PayloadField<unknown>[];
  /** Decoded values may be views of the packet itself, not copies. */
  readonly views: boolean;
  /** An object with every field, so that decoded ones begin with the right shape. */
  readonly template: Readonly<Record<string, unknown>>;
  /** A faster codec for ordinary values. */
  readonly fast: FastCodec | undefined;

  constructor(fields: Fields, fast?: FastCodec) {
    this.fast = fast;
    this.fields = fields as unknown as { readonly [name: string]: Field<unknown> };
    const names = Object.keys(fields);
    this.slotNames = names.filter((name) => fields[name]!.place === 'slot');
    this.payloadNames = names.filter((name) => fields[name]!.place === 'payload');
    this.slots = this.slotNames.map((name) => this.fields[name] as SlotField<unknown>);
    this.payloads = this.payloadNames.map((name) => this.fields[name] as PayloadField<unknown>);
    this.views = this.payloads.some((field) => field.views === true);
    this.template = Object.fromEntries(this.slotNames.map((name) => [name, 0]));
  }
}

/** A row of either table, prepared. */
export interface Route {
  /** The row's key in the table. */
  readonly key: string;
  readonly number: number;
  /** The name that error texts show. */
  readonly name: string;
  readonly args: Layout;
  readonly result: Layout;
}

interface Row {
  readonly n: number;
  readonly name: string;
  readonly args: Fields;
  readonly result: Fields;
}
function routesOf(table: { readonly [key: string]: Row }, codecs: typeof FAST_CODECS): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  for (const [key, row] of Object.entries(table)) {
    const fast = codecs[key];
    const args = new Layout(row.args, fast?.args);
    routes.set(key, { key, number: row.n, name: row.name, args, result: new Layout(row.result, fast?.result) });
  }
  return routes;
}
function byNumber(routes: ReadonlyMap<string, Route>): readonly (Route | undefined)[] {
  const list: (Route | undefined)[] = [];
  for (const route of routes.values()) list[route.number] = route;
  return Array.from(list);
}

export const COMMAND_ROUTES = routesOf(COMMANDS, FAST_CODECS);
export const OCALL_ROUTES = routesOf(OCALLS, {});
export const COMMAND_BY_NUMBER = byNumber(COMMAND_ROUTES);
export const OCALL_BY_NUMBER = byNumber(OCALL_ROUTES);

/** One writer is enough, because encoding calls no other code. Getters among the values must not send anything themselves. */
const writer = new PacketWriter();

/**
 * Writes a message and returns its length. Throws a UsageError that names the field of a wrong value, and an Overflow where fixed memory
 * is too small.
 */
export function encode(
  buffer: PacketBuffer,
  kind: number,
  sequence: number,
  route: Route,
  layout: Layout,
  values: object,
): number {
  const { fast } = layout;
  if (fast !== undefined) {
    try {
      if (fast.place === 'slots') {
        const length = beginSlots(buffer, kind, route.number, sequence, layout.slots.length);
        if (fast.write(buffer.i32, SLOTS_AT, values)) {
          buffer.length = length;
          return length;
        }
      } else {
        writer.begin(buffer, kind, route.number, sequence, layout.slots.length, layout.payloads.length);
        if (fast.write(writer, values)) return writer.end();
      }
    } catch (error) {
      // The fast codec does not know a value of this type; the table's codec names the field.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return encodeByTable(buffer, kind, sequence, route, layout, values);
}

function encodeByTable(
  buffer: PacketBuffer,
  kind: number,
  sequence: number,
  route: Route,
  layout: Layout,
  values: object,
): number {
  const { slotNames, slots, payloadNames, payloads } = layout;
  const record = values as Record<string, unknown>;
  let at = '';
  try {
    if (Object.keys(values).length > slotNames.length + payloadNames.length) refuseUnknown(values, layout.fields);
    let missing = 0;
    writer.begin(buffer, kind, route.number, sequence, slots.length, payloads.length);
    for (let k = 0; k < slots.length; k++) {
      at = slotNames[k]!;
      const field = slots[k]!;
      const value = record[at];
      writer.slot(field.low(value), field.high(value));
    }
    for (let k = 0; k < payloads.length; k++) {
      at = payloadNames[k]!;
      const value = record[at];
      if (value === undefined) missing++;
      writer.beginPayload();
      payloads[k]!.write(writer, value);
      writer.endPayload();
    }
    // Where a field is left out, an unknown one may have made the count right.
    if (missing > 0) refuseUnknown(values, layout.fields);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${route.name}: ${at && `'${at}' `}${error.message}`);
    throw error;
  }
  return writer.end();
}

/** Reads the fields of a message whose header was read by `reader.begin`. Throws a ProtocolError that names the field. */
export function decode(reader: PacketReader, route: Route, layout: Layout): Record<string, unknown> {
  const { slots, payloads, fast } = layout;
  if (reader.slots !== slots.length || reader.payloads !== payloads.length) {
    throw new ProtocolError(
      `${route.name}: ${slots.length} slots and ${payloads.length} payloads expected, ${reader.slots} and ${reader.payloads} sent`,
    );
  }
  if (fast !== undefined) {
    const values = fast.place === 'slots' ? fast.read(reader.words, SLOTS_AT) : readFast(fast, reader);
    if (values !== undefined) return values as Record<string, unknown>;
  }
  return decodeByTable(reader, route, layout);
}

function readFast(fast: FastFields, reader: PacketReader): object | undefined {
  try {
    const values = fast.read(reader);
    if (values !== undefined) return values;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  reader.rewind();
  return undefined;
}

function decodeByTable(reader: PacketReader, route: Route, layout: Layout): Record<string, unknown> {
  const { slotNames, slots, payloadNames, payloads } = layout;
  const values: Record<string, unknown> = { ...layout.template };
  let at = '';
  try {
    for (let k = 0; k < slots.length; k++) {
      at = slotNames[k]!;
      const low = reader.nextLow();
      values[at] = slots[k]!.of(low, reader.nextHigh());
    }
    for (let k = 0; k < payloads.length; k++) {
      at = payloadNames[k]!;
      reader.beginPayload();
      const value = payloads[k]!.read(reader);
      reader.endPayload();
      if (value !== undefined) values[at] = value;
    }
  } catch (error) {
    if (error instanceof ProtocolError) throw new ProtocolError(`${route.name}: '${at}': ${error.message}`);
    throw error;
  }
  return values;
}
