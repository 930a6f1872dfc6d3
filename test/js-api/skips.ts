// Tests of the official suite of the JavaScript interface that cannot pass, with the reason. A skipped test that passes is an error: take it out.

export interface Skip {
  readonly file: string;
  /** By the names of the tests; undefined: all of the file. */
  readonly tests: readonly string[] | undefined;
  readonly reason: string;
  /** Undefined: everywhere. By the name of the target and of the mode. */
  readonly only?: (target: string, mode: string) => boolean;
}

export const SKIPS: readonly Skip[] = [];

export function skipOf(target: string, mode: string, file: string, test: string): Skip | undefined {
  return SKIPS.find(
    (one) =>
      one.file === file && (one.tests?.includes(test) ?? true) && (one.only === undefined || one.only(target, mode)),
  );
}
