// The command line without a process: its output as text, its input given.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Io } from '#src/cli/io.js';
import { iwasmMain } from '#src/cli/iwasm-main.js';
import { main } from '#src/cli/main.js';
import { assemble, projectRoot } from '../helpers/wat.js';

const nativeImport = createRequire(import.meta.url)('./native-import.cjs') as Io['load'];

export const ROOT = projectRoot();
export const SAMPLES = join(ROOT, 'samples');

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Given {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly codeFolder?: string;
}

type Main = (words: readonly string[], io: Io) => Promise<number>;

async function call(mainOf: Main, words: readonly string[], given: Given): Promise<Result> {
  let out = '';
  let err = '';
  let rest = Buffer.from((given.input ?? '') as string);
  const take = (length: number): Uint8Array => {
    const part = rest.subarray(0, length);
    rest = rest.subarray(part.length);
    return new Uint8Array(part);
  };
  const io: Io = {
    out: (text) => void (out += text),
    help: (text) => void (out += text),
    err: (text) => void (err += text),
    progress: () => undefined,
    inIsTerminal: given.terminal ?? false,
    async *lines() {
      yield* rest.toString().replace(/\n$/, '').split('\n');
    },
    env: given.env ?? {},
    stdin: { text: typeof given.input === 'string' ? given.input : '' },
    stdout: (chunk) => void (out += Buffer.from(chunk).toString()),
    stderr: (chunk) => void (err += Buffer.from(chunk).toString()),
    readInput: take,
    readInputLater: async (length) => take(length),
    write: (stream, bytes) => {
      if (stream === 'stdout') out += Buffer.from(bytes).toString();
      else err += Buffer.from(bytes).toString();
      return bytes.length;
    },
    lostOutput: undefined,
    codeStore: undefined,
    codeFolder: given.codeFolder,
    load: nativeImport,
    onInterrupt: () => () => {},
  };
  const code = await mainOf(words, io);
  return { code, out, err };
}

/** `enclasm WORDS`. */
export function enclasm(words: readonly string[], given: Given = {}): Promise<Result> {
  return call(main, words, given);
}
/** `iwasm WORDS`. */
export function iwasm(words: readonly string[], given: Given = {}): Promise<Result> {
  return call(iwasmMain, words, given);
}

/** A folder for the tests of one file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a module given as text; returns its path. */
export function writeModule(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, assemble(text));
  return path;
}

export const FUNCTIONS = `(module
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "same64") (param i64) (result i64) local.get 0)
  (func (export "same_f32") (param f32) (result f32) local.get 0)
  (func (export "same_f64") (param f64) (result f64) local.get 0)
  (func (export "same_v128") (param v128) (result v128) local.get 0)
  (func (export "same_extern") (param externref) (result externref) local.get 0)
  (func (export "two") (result i32 i64) i32.const 1 i64.const 2)
  (func (export "nothing"))
  (func $crash (export "crash") unreachable)
  (func (export "crash_below") call $crash)
  (func $deep (export "deep") call $deep)
  (func (export "spin") (loop $again br $again))
  (func (export "main") (param $argc i32) (param i32) (result i32) local.get $argc)
)`;
