// Runs the C programs of test/wasi/c, one for each call, in every running mode, on host directories (both techniques) and in memory.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OutputSink, type Preopen } from '#src/imports/wasi/index.js';
import { MemoryFileSystem, type MemoryTree, SymbolicLink } from '#src/platform/memory-fs/memory-file-system.js';
import { OsFileSystem } from '#src/platform/node/os-directory.js';
import { runners } from './runners.js';

const FOLDER = new URL('./c/', import.meta.url).pathname;

interface Expectation {
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly dirs?: string[];
  readonly folders?: string[];
  readonly links?: Record<string, string>;
  readonly stdin?: string;
  readonly exit?: number;
  readonly trap?: string;
  readonly stdout?: string;
  readonly stderr?: string;
}

type Tree = { [name: string]: string | SymbolicLink | Tree };

const scratch = mkdtempSync(join(tmpdir(), 'enclasm-wasi-c-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a program finds, on a disk. Returns the directories' preopens and what must be there afterwards. */
function onHost(wanted: Expectation, technique: 'descriptor' | 'checked'): Record<string, Preopen> {
  const root = mkdtempSync(join(scratch, 'run-'));
  const preopens: Record<string, Preopen> = {};
  for (const name of wanted.dirs ?? []) {
    mkdirSync(join(root, name));
    preopens[`/${name}`] = new OsFileSystem(join(root, name), technique);
  }
  for (const folder of wanted.folders ?? []) mkdirSync(join(root, folder));
  for (const [link, text] of Object.entries(wanted.links ?? {})) symlinkSync(text, join(root, link));
  return preopens;
}

function inMemory(wanted: Expectation): Record<string, Preopen> {
  const top: Tree = {};
  const at = (path: string): Tree => {
    let tree = top;
    for (const name of path.split('/')) if (name !== '.') tree = (tree[name] ??= {}) as Tree;
    return tree;
  };
  for (const name of [...(wanted.dirs ?? []), ...(wanted.folders ?? [])]) at(name);
  for (const [link, text] of Object.entries(wanted.links ?? {})) {
    at(dirname(link))[link.slice(link.lastIndexOf('/') + 1)] = new SymbolicLink(text);
  }
  return Object.fromEntries(
    (wanted.dirs ?? []).map((name) => [`/${name}`, new MemoryFileSystem(top[name] as MemoryTree)]),
  );
}

const PLACES = {
  'host, by descriptor': (wanted: Expectation) => onHost(wanted, 'descriptor'),
  'host, checked': (wanted: Expectation) => onHost(wanted, 'checked'),
  memory: inMemory,
};

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -5));

const modes = runners().flatMap((runner) =>
  Object.entries(PLACES).map(([place, prepare]) => [`${runner.name}, ${place}`, runner, prepare] as const),
);

describe.each(modes)('%s', (_name, runner, prepare) => {
  test.each(names)('%s', (name) => {
    const wanted = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Expectation;
    const stdout = new OutputSink();
    const stderr = new OutputSink();
    const result = runner.run(readFileSync(join(FOLDER, `${name}.wasm`)), {
      args: [name, ...(wanted.args ?? [])],
      env: wanted.env ?? {},
      preopens: prepare(wanted),
      stdin: { text: wanted.stdin ?? '' },
      stdout,
      stderr,
    });
    if (wanted.stdout !== undefined) expect(stdout.text).toBe(wanted.stdout);
    if (wanted.stderr !== undefined) expect(stderr.text).toBe(wanted.stderr);
    if (wanted.trap !== undefined) expect(result.error).toContain(wanted.trap);
    else expect(result).toEqual({ exitCode: wanted.exit, error: undefined });
  });
});
