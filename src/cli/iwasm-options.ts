// The options of `iwasm`, with WAMR's names, one row each: parser, help and docs/cli.md come from this table.
// Refuses nothing itself.
import type { OptionRow } from './command-options.js';

export const IWASM_OPTIONS = {
  function: { short: 'f', kind: 'text', metavar: 'NAME', help: 'run this export instead of main' },
  v: {
    short: 'v',
    kind: 'level',
    metavar: 'N',
    otherwise: '2',
    help: 'log level, 0 to 5; exceptions come with their calls from 1 on',
  },
  interp: { help: 'run in mode interp' },
  'fast-jit': { help: 'run in mode jit' },
  'llvm-jit': { help: 'run in mode jit' },
  'multi-tier-jit': { help: 'run in mode auto' },
  'stack-size': {
    kind: 'size',
    metavar: 'N',
    otherwise: 'as much as the mode has',
    help: 'bytes of stack that the calls of the program may need',
  },
  'heap-size': {
    kind: 'size',
    metavar: 'N',
    otherwise: '16384 if main takes arguments or malloc is imported, and no allocator is there; else 0',
    help: 'bytes of the app heap',
  },
  'max-threads': {
    kind: 'count',
    metavar: 'N',
    otherwise: '4',
    help: 'threads that the program may have at once, beside its first',
  },
  timeout: { kind: 'duration', metavar: 'MS', help: 'end the program after this many milliseconds' },
  dir: { kind: 'directory', metavar: 'DIR', repeat: true, help: 'directory that the program may use' },
  'map-dir': { kind: 'mapping', metavar: 'GUEST::HOST', repeat: true, help: 'directory under another name' },
  env: { kind: 'assignment', metavar: 'NAME=VALUE', repeat: true, help: 'environment variable of the program' },
  'addr-pool': { kind: 'addresses', metavar: 'ADDR/MASK,...', repeat: true, help: 'addresses the program may reach' },
  'allow-resolve': { kind: 'names', metavar: 'NAME,...', repeat: true, help: 'names the program may look up' },
  'module-path': { kind: 'text', metavar: 'DIR', otherwise: '.', help: 'where modules that others import from lie' },
  'native-lib': { kind: 'text', metavar: 'FILE', repeat: true, help: 'JavaScript module with native functions' },
  repl: { help: 'read "NAME ARG..." line by line and call each' },
  'gc-heap-size': { kind: 'size', metavar: 'N', help: 'has no effect: the limit for GC objects is that of all memory' },
  'shared-heap-size': { kind: 'size', metavar: 'N', help: 'has no effect' },
  'jit-codecache-size': { kind: 'size', metavar: 'N', help: 'has no effect: the JavaScript engine keeps the code' },
  'llvm-jit-size-level': { kind: 'count', metavar: 'N', help: 'has no effect' },
  'llvm-jit-opt-level': { kind: 'count', metavar: 'N', help: 'has no effect' },
  'enable-segue': { kind: 'text', metavar: 'FLAGS', bare: 'all', help: 'has no effect' },
  'enable-linux-perf': { help: 'has no effect' },
  'disable-bounds-checks': { help: 'has no effect: bounds are always checked' },
  'cache-dir': {
    kind: 'text',
    metavar: 'DIR',
    otherwise: "a folder among the user's caches",
    help: 'keep compiled code there, for later starts',
  },
  'no-cache': { help: 'keep no compiled code, and use none' },
  version: { help: 'show the version' },
  help: { help: 'show this' },
} as const satisfies Readonly<Record<string, OptionRow>>;

export const IWASM_OPTION_NAMES = Object.keys(IWASM_OPTIONS) as (keyof typeof IWASM_OPTIONS)[];
