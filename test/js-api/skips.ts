// Tests of the official suite of the JavaScript interface that cannot pass, with the reason. A skipped test that passes is an error: take it out.

export interface Skip {
  readonly file: string;
  /** By the names of the tests; undefined: all of the file. */
  readonly tests: readonly string[] | undefined;
  readonly reason: string;
  /** Undefined: everywhere. By the name of the target and of the mode. */
  readonly only?: (target: string, mode: string) => boolean;
}

const notInHost = (_: string, mode: string): boolean => mode !== 'host';

export const SKIPS: readonly Skip[] = [
  {
    file: 'table/grow-memory64.any.js',
    tests: ['Basic i64', 'Reached maximum (i64)', 'Exceeded maximum (i64)'],
    reason: 'a fault of the suite: it uses `nulls`, which nobody defines',
  },
  {
    file: 'memory/grow.any.js',
    tests: ['Growing shared memory does not detach old buffer'],
    reason: 'JavaScript has no second SharedArrayBuffer over a part of the same bytes: the one buffer grows instead',
    only: notInHost,
  },
];

export function skipOf(target: string, mode: string, file: string, test: string): Skip | undefined {
  return SKIPS.find(
    (one) =>
      one.file === file && (one.tests?.includes(test) ?? true) && (one.only === undefined || one.only(target, mode)),
  );
}
