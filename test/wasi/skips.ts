// Tests of the official WASI suite that cannot pass, with the reason. A skipped test that passes is an error: take it out.

/** By test name; `modes` undefined: in all. */
export const SKIPS: Readonly<Record<string, { readonly reason: string; readonly modes?: readonly string[] }>> = {};
