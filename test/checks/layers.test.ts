// The checks must really fail: each rule gets a folder that breaks it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkLayers } from '../../scripts/layers.js';
import { checkSizes } from '../../scripts/sizes.js';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'enclasm-layers-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
const layers = (files: Readonly<Record<string, string>>): string[] => checkLayers(project(files));

describe('layers', () => {
  it('accepts imports from rooms above, and the same room', () => {
    const files = {
      'src/base/a.ts': 'export const a = 1;',
      'src/wasm/b.ts': "import { a } from '../base/a.js';\nexport const b = a;",
      'src/wasm/c.ts': "import { b } from './b.js';\nexport { b };",
    };
    expect(layers(files)).toEqual([]);
  });
  it.each([
    ['a room below', 'src/base/a.ts', "import '../wasm/b.js';", 'base stands above wasm'],
    ['a type of a room below', 'src/base/a.ts', "import type { B } from '../wasm/b.js';", 'base stands above wasm'],
    ['an export from below', 'src/base/a.ts', "export * from '../wasm/b.js';", 'base stands above wasm'],
    ['a lazy import from below', 'src/base/a.ts', "await import('../wasm/b.js');", 'base stands above wasm'],
    ['an import() type from below', 'src/base/a.ts', "type B = import('../wasm/b.js').B;", 'base stands above wasm'],
    ['a sibling', 'src/engine/interp/a.ts', "import '../js/b.js';", 'are siblings'],
    ['a host from the core', 'src/imports/wasi/a.ts', "import '../natives/b.js';", 'are siblings'],
    ['more than the protocol', 'src/enclave/untrusted/a.ts', "import '../../wasm/b.js';", 'enclave/protocol alone'],
    ['the inside from the command line', 'src/cli/a.ts', "import '../wasm/b.js';", 'may import entry alone'],
    ['a file that is not there', 'src/wasm/a.ts', "import '../base/none.js';", 'no such file'],
    ['a package', 'src/wasm/a.ts', "import 'left-pad';", 'imports left-pad'],
    ["a module of Node's", 'src/embed/a.ts', "import 'node:fs';", 'imports node:fs'],
    ['a package in the command line', 'src/cli/a.ts', "import 'left-pad';", 'imports left-pad'],
  ])('refuses %s', (_, path, text, expected) => {
    const others = ['wasm/b', 'engine/js/b', 'imports/natives/b'].map((name) => [
      `src/${name}.ts`,
      'export type B = 1;',
    ]);
    const faults = layers({ ...Object.fromEntries(others), [path]: text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`${path}:1`);
    expect(faults[0]).toContain(expected);
  });
  it('refuses a folder that has no place in the order', () => {
    expect(layers({ 'src/utils/a.ts': '' })).toEqual(['src/utils/a.ts: is in no room of the import order']);
  });
  it('refuses circles, of types too', () => {
    const circle = (a: string, b: string) => layers({ 'src/wasm/a.ts': a, 'src/wasm/b.ts': b });
    const found = ['circle of imports: src/wasm/a.ts -> src/wasm/b.ts -> src/wasm/a.ts'];
    expect(circle("import './b.js';", "import './a.js';")).toEqual(found);
    expect(circle("import type {} from './b.js';", "import type {} from './a.js';")).toEqual(found);
  });
  it.each([
    ['WebAssembly', 'src/embed/a.ts', 'new WebAssembly.Memory({ initial: 1 });'],
    ['WebAssembly', 'src/engine/js/a.ts', 'globalThis.WebAssembly;'],
    ['WebAssembly', 'src/cli/a.ts', 'let m: WebAssembly.Module;'],
    ['Function', 'src/engine/interp/a.ts', "new Function('return 1');"],
    ['Function', 'src/engine/js/other.ts', "Function('return 1');"],
    ['eval', 'src/engine/js/jit.ts', "eval('1');"],
    ['process', 'src/embed/a.ts', 'process.exit(1);'],
    ['console', 'src/runtime/a.ts', "console.log('x');"],
    ['Buffer', 'src/enclave/transport/ring.ts', "Buffer.from('x');"],
    ['setTimeout', 'src/enclave/untrusted/a.ts', 'setTimeout(() => {}, 1);'],
    ['performance', 'src/imports/wasi/a.ts', 'performance.now();'],
  ])('refuses the global %s in %s', (name, path, text) => {
    const faults = layers({ [path]: text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`${path}:1: names the global ${name}`);
  });
  it.each([
    ['its own room', 'src/engine/native/a.ts', 'new WebAssembly.Module(new Uint8Array(8));'],
    ['the one file for code generation', 'src/engine/js/jit.ts', "new Function('return 1');"],
    ['a platform', 'src/platform/node/a.ts', "import 'node:fs';\nprocess.cwd();"],
    ['a property of that name', 'src/embed/a.ts', 'const o = { process: 1 };\no.process;'],
    ['a parameter of that name', 'src/embed/a.ts', 'export function f(process: number) {\n  return process;\n}'],
    ['Function as a type', 'src/embed/a.ts', 'export type F = Function;'],
  ])('allows a global in %s', (_, path, text) => {
    expect(layers({ [path]: text })).toEqual([]);
  });
  it('leaves tests alone', () => {
    expect(layers({ 'src/base/a.test.ts': "import '../cli/main.js';\nconsole.log(1);" })).toEqual([]);
  });
});

describe('sizes', () => {
  const long = `export function f() {\n${'  f();\n'.repeat(59)}}\n`;
  it('accepts what is short', () => {
    const root = project({ 'src/a.ts': long.replace('  f();\n', '') });
    expect(checkSizes(root, {})).toEqual([]);
  });
  it('refuses long functions and files without a reason', () => {
    const root = project({ 'src/a.ts': long, 'test/b.ts': '\n'.repeat(501), 'src/c.gen.ts': '\n'.repeat(501) });
    expect(checkSizes(root, {}).map((fault) => fault.split(';')[0])).toEqual([
      'src/a.ts#f: 61 lines',
      'test/b.ts: 501 lines',
    ]);
    expect(checkSizes(root, { 'src/a.ts#f': 'a table', 'test/b.ts': 'a table' })).toEqual([]);
  });
  it('refuses reasons that nothing needs', () => {
    expect(checkSizes(project({}), { 'src/a.ts': 'a table' })).toHaveLength(1);
  });
});
