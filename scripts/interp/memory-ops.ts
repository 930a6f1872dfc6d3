// The operations that access memory, as text. An address is base register b plus a constant offset below 2^31, the last word. `ea` is the address if both
// are below 2^31; anything else, what is not aligned and what is out of bounds is done outside the step function, by `far`.
import { D, H, type Operation, R, S, W } from './operation.js';

/** The array that accesses go through, and by how much an address is shifted there. */
const ARRAYS = { m8: 0, mu8: 0, m16: 1, mu16: 1, m32: 2, mf64: 3 } as const;
type ArrayName = keyof typeof ARRAYS;

/** Does something if the access is near and aligned (to 4 bytes for an i64) and this holds. An access out of bounds reads undefined: the check is free until the first trap. */
function near(shift: number, holds: string, statements: string): string {
  const mask = (1 << shift) - 1;
  const test = mask === 0 ? '(ea | b) >= 0' : `(ea & ${mask | -0x8000_0000} | b & -2147483648) === 0`;
  return `if (${test} && ${holds}) { ${statements} } else break far;`;
}
const element = (array: ArrayName): string => `${array}[ea${ARRAYS[array] > 0 ? ` >> ${ARRAYS[array]}` : ''}]`;
const HIGH_HALF = 'm32[(ea >> 2) + 1 | 0]';

/** How a kind of load reads: by a view, or by a method of the views. Both leave the value in a variable. */
interface Load {
  readonly array: ArrayName;
  readonly method: string;
  /** The high half, of an i64. */
  readonly high?: string;
}
const LOADS: Readonly<Record<string, Load>> = {
  i32_load: { array: 'm32', method: 'farI32' },
  i32_load8_s: { array: 'm8', method: 'farI8' },
  i32_load8_u: { array: 'mu8', method: 'farU8' },
  i32_load16_s: { array: 'm16', method: 'farI16' },
  i32_load16_u: { array: 'mu16', method: 'farU16' },
  i64_load32_s: { array: 'm32', method: 'farI32', high: 'u >> 31' },
  i64_load32_u: { array: 'm32', method: 'farI32', high: '0' },
  i64_load8_u: { array: 'mu8', method: 'farU8', high: '0' },
};
const STORES = {
  i32_store: { array: 'm32', method: 'farStoreI32' },
  i32_store8: { array: 'm8', method: 'farStoreI8' },
  i32_store16: { array: 'm16', method: 'farStoreI16' },
} as const;
type StoreKind = keyof typeof STORES;

const readsOne = (array: ArrayName): string => `(u = ${element(array)}) !== undefined`;

function loadBody(kind: string): string {
  if (kind === 'f64_load') {
    // Not a number, nor undefined, equals itself. Newer versions of V8 make a signalling NaN quiet, so that such words are copied elsewhere.
    return near(3, `(z = ${element('mf64')}) <= z`, `${D(1)} = z;`);
  }
  if (kind === 'i64_load') {
    return near(2, `${readsOne('m32')} && (w = ${HIGH_HALF}) !== undefined`, `t = ${S(1)}; r[t] = u; h[t] = w;`);
  }
  const { array, high } = LOADS[kind]!;
  const store = high === undefined ? `${R(1)} = u;` : `t = ${S(1)}; r[t] = u; h[t] = ${high};`;
  return near(ARRAYS[array], readsOne(array), store);
}
function storeBody(kind: string, value: number): string {
  if (kind === 'f64_store')
    return `x = ${D(value)}; ${near(3, `${element('mf64')} !== undefined`, `${element('mf64')} = x;`)}`;
  if (kind === 'i64_store') {
    const exists = `${element('m32')} !== undefined && ${HIGH_HALF} !== undefined`;
    return near(2, exists, `${element('m32')} = ${R(value)}; ${HIGH_HALF} = ${H(value)};`);
  }
  const { array } = STORES[kind as StoreKind];
  return near(ARRAYS[array], `${element(array)} !== undefined`, `${element(array)} = a;`);
}

/** The forms of addresses: a register, a register plus a constant (`_o`), two registers (`_x`), a register plus a shifted one (`_s`). */
const LOAD_ADDRESSES = {
  '': `b = ${R(2)};`,
  _o: `b = ${R(2)} + ${W(3)} | 0;`,
  _x: `b = ${R(2)} + ${R(3)} | 0;`,
  _s: `b = ${R(2)} + (${R(3)} << ${W(4)}) | 0;`,
};
const STORE_ADDRESSES = {
  '': `b = ${R(1)};`,
  _o: `b = ${R(1)} + ${W(2)} | 0;`,
  _x: `b = ${R(1)} + ${R(2)} | 0;`,
};
const LENGTHS = { '': 4, _o: 5, _x: 5, _s: 6 };
type LoadForm = keyof typeof LOAD_ADDRESSES;
type StoreForm = keyof typeof STORE_ADDRESSES;

const LOAD_FORMS: Readonly<Record<string, readonly LoadForm[]>> = {
  i32_load: ['', '_o', '_x', '_s'],
  i32_load8_s: [''],
  i32_load8_u: ['', '_o', '_x'],
  i32_load16_s: [''],
  i32_load16_u: ['', '_x'],
  i64_load: ['', '_o', '_x', '_s'],
  i64_load32_s: [''],
  i64_load32_u: [''],
  i64_load8_u: [''],
  f64_load: ['', '_o', '_x', '_s'],
};
const STORE_FORMS: Readonly<Record<string, readonly StoreForm[]>> = {
  i32_store: ['', '_o', '_x'],
  i32_store8: ['', '_o', '_x'],
  i32_store16: ['', '_o'],
  i64_store: ['', '_o'],
  f64_store: ['', '_o', '_x'],
};

export function memoryOperations(): Operation[] {
  const operations: Operation[] = [];
  for (const [kind, forms] of Object.entries(LOAD_FORMS)) {
    for (const form of forms) {
      const words = LENGTHS[form];
      const address = `${LOAD_ADDRESSES[form]} ea = b + ${W(words - 1)} | 0;`;
      operations.push({ name: kind + form, words, body: `${address} ${loadBody(kind)}` });
    }
  }
  // A store's value is the word before the offset.
  for (const [kind, forms] of Object.entries(STORE_FORMS)) {
    for (const form of forms) {
      const words = LENGTHS[form];
      const address = `${STORE_ADDRESSES[form]} ea = b + ${W(words - 1)} | 0;`;
      const value = kind in STORES ? `a = ${R(words - 2)}; ` : '';
      operations.push({ name: kind + form, words, body: `${address} ${value}${storeBody(kind, words - 2)}` });
    }
  }
  operations.push({
    name: 'i32_store_k',
    words: 4,
    body: `${STORE_ADDRESSES['']} ea = b + ${W(3)} | 0; a = ${W(2)}; ${storeBody('i32_store', 2)}`,
  });
  return operations;
}

/** The cases of `far`, which has the word behind the operation as `end` and the offset as `offset`. */
export function farCases(numberOf: ReadonlyMap<string, number>): string {
  const labels = (kind: string, forms: readonly string[]): string =>
    forms.map((form) => `case ${numberOf.get(kind + form)}: `).join('');
  const cases: string[] = [];
  for (const [kind, forms] of Object.entries(LOAD_FORMS)) {
    const reads = LOADS[kind];
    let does: string;
    if (kind === 'f64_load') does = 'if (!mv.farF64(b, offset, g, t << 1)) return -1;';
    else if (kind === 'i64_load')
      does = 'u = mv.farI32High(b, offset); if (u === undefined) return -1; h[t] = u; r[t] = mv.farI32(b, offset);';
    else {
      const high = reads!.high === undefined ? '' : ` h[t] = ${reads!.high};`;
      does = `u = mv.${reads!.method}(b, offset); if (u === undefined) return -1; r[t] = u;${high}`;
    }
    cases.push(`${labels(kind, forms)}t = ${S(1)}; ${does} return end;`);
  }
  for (const [kind, forms] of Object.entries(STORE_FORMS)) {
    let does: string;
    if (kind === 'f64_store') does = 'mv.farStoreF64(b, offset, f[t])';
    else if (kind === 'i64_store') does = 'mv.farStoreI64(b, offset, r[t], h[t])';
    else does = `mv.${STORES[kind as StoreKind].method}(b, offset, r[t])`;
    cases.push(`${labels(kind, forms)}t = fp + code[end - 2 | 0] | 0; return ${does} ? end : -1;`);
  }
  cases.push(`${labels('i32_store_k', [''])}return mv.farStoreI32(b, offset, code[end - 2 | 0]) ? end : -1;`);
  return cases.map((one) => `    ${one}\n`).join('');
}
