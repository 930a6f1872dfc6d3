// What the parts of an instance cost besides the contents of memories and tables: functions, globals, exports, types and the like are JavaScript
// objects. They are charged to memoryBytes before they are made, by the module's counts. Refuses, with a LimitError, what does not fit.
import { LimitError } from '../wasm/errors.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { CompositeType } from '../wasm/types.js';
import type { Budget } from './budget.js';

/** The bytes of each part as V8 uses them in the mode that uses most, rounded up; test/modes/parts.test.ts measures them. */
const PART_BYTES = {
  type: 1_300,
  valueOfType: 48,
  ancestorOfType: 8,
  import: 700,
  function: 300,
  global: 700,
  table: 700,
  memory: 2_000,
  tag: 200,
  export: 250,
  element: 150,
  elementItem: 24,
  data: 150,
} as const;

/** Parts up to this many bytes are free: every program has some, and `limits.instances` bounds how often. */
const FREE_PART_BYTES = 262_144;

/** Returns the bytes that an instance of the module is charged for its parts. */
export function partBytes(module: ValidatedModule): number {
  let bytes = typeBytes(module);
  for (const part of COUNTED) bytes += module[PARTS[part]].length * PART_BYTES[part];
  for (const { items } of module.elements) {
    bytes += (items.kind === 'functions' ? items.indices : items.expressions).length * PART_BYTES.elementItem;
  }
  for (const { module: from, name } of module.imports) bytes += from.length + name.length;
  return Math.max(0, bytes - FREE_PART_BYTES);
}

/** Canonical texts grow with the values of a type, and lists of ancestors with its depth. */
function typeBytes({ types }: ValidatedModule): number {
  const depths = new Uint8Array(types.length);
  let bytes = 0;
  types.forEach(({ composite, supers }, i) => {
    if (supers.length > 0) depths[i] = depths[supers[0]!]! + 1;
    bytes += depths[i]! * PART_BYTES.ancestorOfType + valuesOf(composite) * PART_BYTES.valueOfType;
  });
  return bytes;
}
function valuesOf(composite: CompositeType): number {
  if (composite.kind === 'func') return composite.params.length + composite.results.length;
  return composite.kind === 'struct' ? composite.fields.length : 1;
}

const PARTS = {
  type: 'types',
  import: 'imports',
  function: 'functions',
  global: 'globals',
  table: 'tables',
  memory: 'memories',
  tag: 'tags',
  export: 'exports',
  element: 'elements',
  data: 'dataSegments',
} as const satisfies Partial<Record<keyof typeof PART_BYTES, keyof ValidatedModule>>;
const COUNTED = Object.keys(PARTS) as (keyof typeof PARTS)[];

/** Charges the parts and returns a function that gives the charge back. @throws LimitError memoryBytes */
export function chargeParts(module: ValidatedModule, budget: Budget): () => void {
  const bytes = partBytes(module);
  if (!budget.take(bytes)) {
    throw new LimitError(
      'memoryBytes',
      budget.limit,
      `functions, types and other parts of the module take ${bytes} bytes`,
    );
  }
  return () => budget.release(bytes);
}
