// What the parts of an instance cost beside the contents of memories and tables: functions, globals, exports, types and the like are
// objects of the host. Charged to memoryBytes before they are made, by the module's counts. Refuses (LimitError) what does not fit.
import { LimitError } from '../wasm/errors.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { Budget } from './budget.js';

/**
 * Bytes of each part as V8 spends them in the mode that spends most (test/modes/parts-charge.test.ts measures). A type costs its list
 * of ancestors and its canonical text besides, a name its characters.
 */
export const PART_BYTES = {
  type: 1_200,
  valueOfType: 48,
  import: 400,
  function: 700,
  global: 700,
  table: 700,
  memory: 2_000,
  tag: 200,
  export: 250,
  element: 150,
  elementItem: 24,
  data: 250,
} as const;

/** Parts of so many bytes cost nothing: every program has some, and `limits.instances` bounds how often. */
export const FREE_PART_BYTES = 65_536;

/** Bytes that an instance of the module is charged for its parts. */
export function partBytes(module: ValidatedModule): number {
  let bytes = 0;
  for (const part of COUNTED) bytes += module[PARTS[part]].length * PART_BYTES[part];
  for (const { composite } of module.types) {
    const values =
      composite.kind === 'func'
        ? composite.params.length + composite.results.length
        : composite.kind === 'struct'
          ? composite.fields.length
          : 1;
    bytes += values * PART_BYTES.valueOfType;
  }
  for (const { items } of module.elements) {
    bytes += (items.kind === 'functions' ? items.indices : items.expressions).length * PART_BYTES.elementItem;
  }
  for (const { module: from, name } of module.imports) bytes += from.length + name.length;
  return Math.max(0, bytes - FREE_PART_BYTES);
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

/** Returns what gives the charge back. @throws LimitError memoryBytes */
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
