// Inputs that are small and ask for much: all must end, in time linear in their size, with an error that says what was too much.
import { expect, test } from 'vitest';
import { decode } from '#src/binary/decode.js';
import { moduleNames } from '#src/binary/name-section.js';
import { InvalidError, LimitError, MalformedError } from '#src/wasm/errors.js';
import { all, bytes, counted, functions, load, times, type Write, wasm } from './build.js';

// Generous: the machine may be busy. A quadratic answer to any of these takes minutes.
const SOON_MS = 4000;

function refused(input: Uint8Array, kind: 'malformed' | 'invalid', text: string): void {
  const { error, milliseconds } = load(input);
  const expected = kind === 'malformed' ? MalformedError : InvalidError;
  expect(error).toBeInstanceOf(expected);
  expect((error as Error).message).toContain(text);
  expect(milliseconds).toBeLessThan(SOON_MS);
}

function accepted(input: Uint8Array): void {
  const { error, milliseconds } = load(input);
  expect(error).toBeUndefined();
  expect(milliseconds).toBeLessThan(SOON_MS);
}

const END = 0x0b;
const block = bytes(0x02, 0x40);

test('a million nested blocks', () => {
  const nest = (depth: number): Write => all(bytes(0), times(depth, block), times(depth + 1, bytes(END)));
  refused(functions([nest(1_000_000)]), 'invalid', 'nested blocks');
  accepted(functions([nest(99_000)]));
});

test('a million nested blocks in a constant expression', () => {
  const init = all(times(1_000_000, block), times(1_000_001, bytes(END)));
  refused(wasm([6, counted(1, all(bytes(0x7f, 0), init))]), 'invalid', 'constant expression required');
});

test('a million nested ifs, never closed', () => {
  const body = all(bytes(0), times(90_000, bytes(0x41, 1, 0x04, 0x40)));
  refused(functions([body]), 'malformed', 'unexpected end');
});

test('a million locals', () => {
  refused(functions([all(bytes(1), (w) => w.u32(1_000_000), bytes(0x7f, END))]), 'invalid', 'locals');
  refused(functions([counted(1_000_000, all(times(1_000_000, bytes(1, 0x7f)), bytes(END)))]), 'invalid', 'locals');
  const twice: Write = all(
    bytes(2),
    times(
      2,
      all((w) => w.u32(0xffff_ffff), bytes(0x7f)),
    ),
    bytes(END),
  );
  refused(functions([twice]), 'malformed', 'too many locals');
});

test('50,000 locals in each of 100,000 functions', () => {
  const body: Write = all(
    bytes(1),
    (w) => w.u32(50_000),
    bytes(0x7f, 0x20),
    (w) => w.u32(49_999),
    bytes(0x1a, END),
  );
  accepted(functions(new Array<Write>(100_000).fill(body)));
});

test('a thousand parameters in each of 100,000 functions', () => {
  const many = wasm(
    [1, counted(1, all(bytes(0x60), counted(1000, times(1000, bytes(0x7f))), bytes(0)))],
    [3, counted(100_000, times(100_000, bytes(0)))],
    [10, counted(100_000, times(100_000, bytes(2, 0, END)))],
  );
  accepted(many);
});

test('huge br_table', () => {
  const table = (count: number, labels: number): Write =>
    all(bytes(0, 0x41, 0, 0x0e), (w) => w.u32(count), times(labels, bytes(0)), bytes(END));
  refused(functions([table(65_521, 65_522)]), 'invalid', 'br_table');
  refused(functions([table(4_000_000_000, 10)]), 'malformed', 'unexpected end');
  accepted(functions([table(65_520, 65_521)]));
});

test('br_tables whose labels all take a thousand operands', () => {
  const wide = all(bytes(0x60, 0), counted(1000, times(1000, bytes(0x7f))));
  const depth = 500;
  const labels: Write = all(
    bytes(0x41, 0, 0x0e),
    (w) => w.u32(depth),
    (w) => {
      for (let i = 0; i <= depth; i++) w.u32(i === depth ? 0 : i);
    },
  );
  const one = all(times(depth, bytes(0x02, 1)), bytes(0x00), times(100, labels), times(depth, bytes(END)));
  accepted(functions([all(bytes(0), one, bytes(0x00, END))], wide));
});

test('calls that pile up operands', () => {
  const wide = all(bytes(0x60, 0), counted(1000, times(1000, bytes(0x7f))));
  const bomb = wasm(
    [1, counted(2, all(bytes(0x60, 0, 0), wide))],
    [3, bytes(2, 0, 1)],
    [
      10,
      (w) =>
        w.vector([all(bytes(0), times(1_000_000, bytes(0x10, 1)), bytes(END)), bytes(0, 0x00, END)], (body) =>
          w.sized(() => body(w)),
        ),
    ],
  );
  refused(bomb, 'invalid', 'operands');
});

test('small instructions that move a thousand operands each', () => {
  const many = (count: number): Write => counted(1000, times(1000, bytes(count)));
  const wide = all(bytes(0x60), many(0x7f), many(0x7f));
  const thousand = times(1000, bytes(0x41, 1));
  const of = (instruction: readonly number[], count: number): Uint8Array =>
    functions(
      [all(bytes(0), thousand, bytes(0x02, 1), times(count, bytes(...instruction)), bytes(0x00, END, 0x00, END))],
      wide,
    );
  for (const instruction of [
    [0x41, 0, 0x0d, 0],
    [0x02, 1, END],
    [0x1f, 1, 2, 0, 0, 0, 0, 0, 0, END],
  ]) {
    accepted(of([0x41, 0, 0x0d, 0], 300));
    const { error, milliseconds } = load(of(instruction, 300_000));
    expect(error).toBeInstanceOf(InvalidError);
    expect(milliseconds).toBeLessThan(SOON_MS);
  }
  refused(of([0x41, 0, 0x0d, 0], 300_000), 'invalid', 'operands at blocks, branches and calls');
});

test('operands that pile up below blocks', () => {
  const pile = (count: number, ...operation: number[]): Uint8Array =>
    functions([all(bytes(0), times(count, bytes(0x41, 1, ...operation)), times(count, bytes(0x1a)), bytes(END))]);
  for (const operation of [
    [0x02, 0x40, END],
    [0x03, 0x40, END],
    [0x41, 0, 0x04, 0x40, END],
  ]) {
    refused(pile(30_000, ...operation), 'invalid', 'operands at blocks, branches and calls');
    accepted(pile(1_000, ...operation));
  }
  accepted(pile(500_000));
});

test('counts with no bytes behind them', () => {
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13])
    refused(wasm([id, bytes(0xff, 0xff, 0xff, 0xff, 0x0f)]), 'malformed', '');
  refused(wasm([1, bytes(1, 0x60, 0xff, 0xff, 0xff, 0xff, 0x0f)]), 'malformed', 'unexpected end');
  refused(wasm([1, bytes(1, 0x4e, 0xff, 0xff, 0xff, 0xff, 0x0f)]), 'malformed', 'unexpected end');
  refused(wasm([9, bytes(1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)]), 'malformed', 'unexpected end');
  refused(wasm([11, bytes(1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f)]), 'malformed', 'unexpected end');
  refused(wasm([2, bytes(1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0)]), 'malformed', 'length out of bounds');
  refused(Uint8Array.of(...wasm(), 1, 0xff, 0xff, 0xff, 0xff, 0x0f), 'malformed', 'length out of bounds');
  refused(functions([bytes(0, 0x1c, 0xff, 0xff, 0xff, 0xff, 0x0f, END)]), 'malformed', 'unexpected end');
  refused(functions([bytes(0, 0x1f, 0x40, 0xff, 0xff, 0xff, 0xff, 0x0f, END)]), 'malformed', 'unexpected end');
  refused(
    functions([bytes(0, 0x00, 0xfb, 8, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, END)], bytes(0x5e, 0x7f, 0)),
    'invalid',
    'array.new_fixed',
  );
});

test('more things than the limits allow', () => {
  refused(wasm([5, counted(101, times(101, bytes(0, 0)))]), 'invalid', 'memories');
  refused(wasm([1, counted(1_000_001, times(1_000_001, bytes(0x60, 0, 0)))]), 'invalid', 'types');
  refused(
    wasm([1, counted(1, all(bytes(0x60), counted(1001, times(1001, bytes(0x7f))), bytes(0)))]),
    'invalid',
    'parameters',
  );
  refused(
    wasm([1, counted(1, all(bytes(0x5f), counted(10_001, times(10_001, bytes(0x7f, 0)))))]),
    'invalid',
    'struct fields',
  );
  refused(wasm([9, counted(100_001, times(100_001, bytes(1, 0, 0)))]), 'invalid', 'element segments');
});

test('a million types', () => {
  accepted(wasm([1, counted(1_000_000, times(1_000_000, bytes(0x60, 0, 0)))]));
});

test('a limit of module bytes is the embedder’s', () => {
  expect(() => decode(wasm(), { limits: { moduleBytes: 7 } })).toThrow(LimitError);
  expect(decode(wasm(), { limits: { moduleBytes: 8 } }).types.length).toBe(0);
});

test('a name section that lies', () => {
  const lies = [
    [1, 0xff, 0xff, 0xff, 0xff, 0x0f],
    [1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f],
    [1, 3, 1, 0, 0x7f],
    [2, 4, 1, 0, 0xff, 0x7f],
    [0, 2, 1, 0xff],
  ];
  for (const lie of lies) {
    const { module } = load(wasm([0, all((w) => w.name('name'), bytes(0, 2, 1, 0x6d, ...lie))]));
    expect(moduleNames(module!).module).toBe('m');
    expect(moduleNames(module!).functions.size).toBe(0);
  }
});
