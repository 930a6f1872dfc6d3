// Tests of the official suite of the JavaScript interface that cannot pass, with the reason. A skipped test that passes is an error: take it out.

export interface Skip {
  readonly file: string;
  /** By the names of the tests, or what is in them; undefined: all of the file. */
  readonly tests: readonly string[] | RegExp | undefined;
  readonly reason: string;
  /** Undefined: everywhere. By the name of the target and of the mode. */
  readonly only?: (target: string, mode: string) => boolean;
}

/** Its WebAssembly has no memory64, no GC and only the older exceptions: mode host refuses modules that need them. */
const inHostOfNode20 = (target: string, mode: string): boolean => mode === 'host' && target === 'node';
const notInHostOfNode20 = (target: string, mode: string): boolean => !inHostOfNode20(target, mode);
const inHostOfNewest = (target: string, mode: string): boolean => mode === 'host' && target === 'newest';
const notInHost = (_: string, mode: string): boolean => mode !== 'host';

/** Tests that make memories and tables with 64-bit addresses. */
const NEEDS_64_BITS: readonly (readonly [file: string, tests: RegExp])[] = [
  ['memory/constructor-memory64.any.js', /^(Memory|Zero|Non-zero).*i64/],
  ['memory/grow-memory64.any.js', /i64/],
  ['table/constructor-memory64.any.js', /^(Basic|Table).*i64/],
  ['table/get-set.any.js', /\(i64\)/],
  ['table/grow-memory64.any.js', /i64 argument/],
];

export const SKIPS: readonly Skip[] = [
  {
    file: 'limits.any.js',
    tests: [
      'Validate element segments limit',
      'Compile element segments limit',
      'Async compile element segments limit',
    ],
    reason: 'ten million element segments are a gigabyte of objects: a hundred thousand is the most',
  },
  {
    file: 'limits.any.js',
    tests: ['Validate memories over limit', 'Compile memories over limit', 'Async compile memories over limit'],
    reason: 'the suite knows one memory a module: multi-memory, of WebAssembly 3.0, has a hundred',
    only: notInHostOfNode20,
  },
  {
    file: 'limits.any.js',
    tests: ['Instantiate maximum table size over limit', 'Async instantiate maximum table size over limit'],
    reason: 'a fault of the suite: it uses `assertEquals`, which nobody defines',
  },
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
  ...NEEDS_64_BITS.map(([file, tests]) => ({ file, tests, reason: 'the host lacks memory64', only: inHostOfNode20 })),
  ...['casts', 'default-value', 'exported-object', 'i31'].map((name) => ({
    file: `gc/${name}.tentative.any.js`,
    tests: ['the file'],
    reason: 'the host lacks gc',
    only: inHostOfNode20,
  })),
  {
    file: 'js-string/basic.any.js',
    tests: ['the file'],
    reason: 'the host lacks gc',
    only: inHostOfNode20,
  },
  {
    file: 'js-string/constants.any.js',
    tests: /\((12|14|16|18|20|22|24|26|28|30|32|34|36|38|40)\)$/,
    reason: 'the host lacks references that are never null',
    only: inHostOfNode20,
  },
  {
    file: 'exception/basic.tentative.any.js',
    tests: undefined,
    reason: 'the host lacks try_table',
    only: inHostOfNode20,
  },
  {
    file: 'exception/identity.tentative.any.js',
    tests: ['the process'],
    reason: 'the host lacks try_table, and the suite leaves the rejected promise to the process',
    only: inHostOfNode20,
  },
  {
    file: 'exception/jsTag.tentative.any.js',
    tests: ['JS tag catching tests', 'JS tag throwing test'],
    reason: 'the host lacks try_table',
    only: inHostOfNode20,
  },
  {
    file: 'gc/casts.tentative.any.js',
    tests: ['concrete struct casts', 'concrete array casts'],
    reason: 'mode host does not know the exact type of an object that JavaScript hands back',
    only: inHostOfNewest,
  },
  {
    file: 'js-string/basic.any.js',
    tests: ['js-string/basic.any.js', 'js-string/basic.any.js (4)'],
    reason: 'mode host cannot look into arrays of guests, which two of the functions take',
    only: inHostOfNewest,
  },
];

const HAS_PROMISES = 'promising' in WebAssembly;

/** Why a file is not run in a mode of a target at all: where what it is about is absent, some of its tests pass by chance. */
export function absentIn(target: string, mode: string, file: string): string | undefined {
  if (!/jspi|js-promise-integration/.test(file) || mode === 'interp') return undefined;
  if (mode !== 'jit' && (target === 'newest' || HAS_PROMISES)) return undefined;
  return 'the integration of promises is there in interp, and in host where the JavaScript engine has it';
}

function named({ tests }: Skip, test: string): boolean {
  return tests === undefined || (tests instanceof RegExp ? tests.test(test) : tests.includes(test));
}

export function skipOf(target: string, mode: string, file: string, test: string): Skip | undefined {
  return SKIPS.find(
    (one) => one.file === file && named(one, test) && (one.only === undefined || one.only(target, mode)),
  );
}
