// Modules that assemblers are too slow for. Refuses nothing.

/** A module that defines and exports so many functions, `f0`, `f1` and so on. */
export function manyFunctions(count: number): Uint8Array {
  const text = new TextEncoder();
  const exports: number[] = [];
  for (let i = 0; i < count; i++) {
    const name = text.encode(`f${i}`);
    exports.push(name.length, ...name, 0, ...leb(i));
  }
  const list = (one: readonly number[]): number[] => Array.from({ length: count }, () => one).flat();
  const sections: readonly (readonly [id: number, contents: readonly number[]])[] = [
    [1, [1, 0x60, 0, 0]],
    [3, [...leb(count), ...list([0])]],
    [7, [...leb(count), ...exports]],
    // A body of two bytes: no locals, `end`.
    [10, [...leb(count), ...list([2, 0, 0x0b])]],
  ];
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from(
    sections.reduce((whole, [id, contents]) => whole.concat(id, leb(contents.length), contents as number[]), bytes),
  );
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}
