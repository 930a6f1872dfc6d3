// Types of a module's exported functions and globals, read from its bytes. For valid modules only: checks nothing.

export type ValueKind = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'any' | 'func' | 'extern' | 'exn';

/** A value type: its encoding, and the number type or hierarchy it belongs to. */
export interface ValueType {
  readonly encoding: readonly number[];
  readonly kind: ValueKind;
}

export type ExportedType =
  | {
      readonly kind: 'func';
      readonly typeIndex: number;
      readonly params: readonly ValueType[];
      readonly results: readonly ValueType[];
    }
  | { readonly kind: 'global'; readonly type: ValueType; readonly mutable: boolean };

export interface ModuleTypes {
  /** The entries of the type section, without their count. */
  readonly typeEntries: Uint8Array;
  readonly typeEntryCount: number;
  /** Number of type indices: more than the entries when there are recursion groups. */
  readonly typeIndexCount: number;
  readonly exports: ReadonlyMap<string, ExportedType>;
}

/** A value type before all types are known: `concrete` is the index of a defined type. */
interface RawType {
  readonly encoding: readonly number[];
  readonly concrete: number | undefined;
}
type Composite = { readonly params: readonly RawType[]; readonly results: readonly RawType[] } | undefined;
type GlobalType = { readonly type: RawType; readonly mutable: boolean };

const NUMBER_KINDS: Record<number, ValueKind> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64', 123: 'v128' };
const HEAP_KINDS: Record<number, ValueKind> = {
  115: 'func',
  112: 'func',
  114: 'extern',
  111: 'extern',
  116: 'exn',
  105: 'exn',
};
const SECTION = { type: 1, import: 2, function: 3, global: 6, export: 7 };

const nameDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

class Reader {
  private readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  leb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  slice(start: number): Uint8Array {
    return this.bytes.subarray(start, this.at);
  }

  name(): string {
    const length = this.leb();
    this.at += length;
    return nameDecoder.decode(this.slice(this.at - length));
  }

  valueType(): RawType {
    const start = this.at;
    const first = this.byte();
    if (first !== 0x63 && first !== 0x64) return { encoding: [first], concrete: undefined };
    // A heap type is a signed number: bit 6 of a single byte marks an abstract one.
    const abstract = (this.bytes[this.at]! & 0xc0) === 0x40;
    const index = this.leb();
    return { encoding: [...this.slice(start)], concrete: abstract ? undefined : index };
  }

  limits(): void {
    const flags = this.byte();
    this.leb();
    if (flags & 1) this.leb();
    if (flags & 8) this.leb();
  }

  globalType(): GlobalType {
    return { type: this.valueType(), mutable: this.byte() === 1 };
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.leb() }, read);
  }

  private field(): void {
    if (this.bytes[this.at] === 0x78 || this.bytes[this.at] === 0x77) this.at++;
    else this.valueType();
    this.at++;
  }

  private subType(): Composite {
    let form = this.byte();
    if (form === 0x50 || form === 0x4f) {
      this.list(() => this.leb());
      form = this.byte();
    }
    if (form === 0x60) return { params: this.list(() => this.valueType()), results: this.list(() => this.valueType()) };
    if (form === 0x5f) this.list(() => this.field());
    else this.field();
    return undefined;
  }

  recursionGroup(): Composite[] {
    if (this.bytes[this.at] !== 0x4e) return [this.subType()];
    this.at++;
    return this.list(() => this.subType());
  }

  skipConstantExpression(): void {
    for (let code = this.byte(); code !== 0x0b; code = this.byte()) {
      if (code === 0x43) this.at += 4;
      else if (code === 0x44) this.at += 8;
      else if (code === 0x41 || code === 0x42 || code === 0x23 || code === 0xd0 || code === 0xd2) this.leb();
      else if (code === 0xfd) this.at += this.leb() === 12 ? 16 : 0;
      else if (code === 0xfb) this.skipAggregateImmediates(this.leb());
    }
  }

  // struct.new, struct.new_default, array.new, array.new_default: a type; array.new_fixed: a type and a count.
  private skipAggregateImmediates(code: number): void {
    if (code <= 1 || (code >= 6 && code <= 8)) this.leb();
    if (code === 8) this.leb();
  }
}

class Collector {
  readonly composites: Composite[] = [];
  readonly functions: number[] = [];
  readonly globals: GlobalType[] = [];
  readonly exports = new Map<string, ExportedType>();

  import(reader: Reader): void {
    reader.name();
    reader.name();
    const kind = reader.byte();
    if (kind === 0) this.functions.push(reader.leb());
    else if (kind === 3) this.globals.push(reader.globalType());
    else if (kind === 4) {
      reader.byte();
      reader.leb();
    } else {
      if (kind === 1) reader.valueType();
      reader.limits();
    }
  }

  export(reader: Reader): void {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.leb();
    if (kind === 0) this.exports.set(name, this.functionType(this.functions[index]!));
    if (kind === 3) {
      const { type, mutable } = this.globals[index]!;
      this.exports.set(name, { kind: 'global', type: this.resolve(type), mutable });
    }
  }

  private functionType(typeIndex: number): ExportedType {
    const composite = this.composites[typeIndex]!;
    const params = composite.params.map((one) => this.resolve(one));
    const results = composite.results.map((one) => this.resolve(one));
    return { kind: 'func', typeIndex, params, results };
  }

  private resolve({ encoding, concrete }: RawType): ValueType {
    if (concrete !== undefined) return { encoding, kind: this.composites[concrete] === undefined ? 'any' : 'func' };
    const last = encoding.at(-1)!;
    return { encoding, kind: NUMBER_KINDS[last] ?? HEAP_KINDS[last] ?? 'any' };
  }
}

/** Reads the sections that exports' types need. */
export function readModuleTypes(bytes: Uint8Array): ModuleTypes {
  const collector = new Collector();
  let typeEntries = new Uint8Array();
  let typeEntryCount = 0;
  for (const reader = new Reader(bytes, 8); reader.at < bytes.length; ) {
    const id = reader.byte();
    const size = reader.leb();
    const end = reader.at + size;
    if (id === SECTION.type) {
      typeEntryCount = reader.leb();
      const start = reader.at;
      for (let entry = 0; entry < typeEntryCount; entry++) collector.composites.push(...reader.recursionGroup());
      typeEntries = Uint8Array.from(reader.slice(start));
    }
    if (id === SECTION.import) reader.list(() => collector.import(reader));
    if (id === SECTION.function) collector.functions.push(...reader.list(() => reader.leb()));
    if (id === SECTION.global) {
      reader.list(() => {
        collector.globals.push(reader.globalType());
        reader.skipConstantExpression();
      });
    }
    if (id === SECTION.export) reader.list(() => collector.export(reader));
    reader.at = end;
  }
  return { typeEntries, typeEntryCount, typeIndexCount: collector.composites.length, exports: collector.exports };
}
