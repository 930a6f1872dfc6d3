// Files compiled ahead of time: they run where no code may be made from text, and damaged or foreign ones are refused by name.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { decode } from '#src/binary/decode.js';
import { Runtime } from '#src/embed/runtime.js';
import { type AotOptions, compileToModule } from '#src/engine/js/aot-compile.js';
import { AotError, type AotFault, checkAotText } from '#src/engine/js/aot-format.js';
import { type AotModule, aotEngine, loadAot } from '#src/engine/js/aot-load.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { validate } from '#src/validate/validate.js';
import { LimitError, UsageError } from '#src/wasm/errors.js';
import { programs } from '../../bench/programs/programs.js';
import { inTime } from '../helpers/failure.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble, projectRoot } from '../helpers/wat.js';

const folder = mkdtempSync(join(tmpdir(), 'enclasm-aot-'));
afterAll(() => rmSync(folder, { recursive: true }));

const COUNT = `(module (memory (export "m") 1)
  (func (export "count") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
    (i32.store (i32.const 0) (local.get 1)) (i32.load (i32.const 0)))
  (func (export "twice") (param i64) (result i64) (i64.add (local.get 0) (local.get 0))))`;

const textOf = (bytes: Uint8Array, options: AotOptions = {}): string =>
  compileToModule(validate(decode(bytes)), { target: 'hermes', ...options });

let files = 0;
/** As CommonJS: the test runner rewrites ES modules that it imports, and a file that was rewritten is refused. */
function importText(text: string): object {
  const file = join(folder, `m${files++}.cjs`);
  writeFileSync(file, text);
  return createRequire(import.meta.url)(file) as object;
}
function runtimeFor(module: AotModule): Runtime {
  return Runtime.init({}, { platform: testPlatform(), engines: [aotEngine([module])], libraries: ALL_LIBRARIES });
}
function faultOf(action: () => unknown): AotFault | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof AotError) return error.fault;
    throw error;
  }
  return undefined;
}

describe('a file compiled ahead of time', () => {
  it('runs without the WebAssembly file', () => {
    const module = loadAot(importText(textOf(assemble(COUNT))));
    const runtime = runtimeFor(module);
    const instance = runtime.instantiate(runtime.load(module.wasm!), { mode: 'aot' });
    expect(instance.lookupFunction('count')!.call(1000)).toEqual([1000]);
    expect(instance.lookupFunction('twice')!.call(1n << 40n)).toEqual([1n << 41n]);
    expect(instance.mode).toBe('aot');
  });

  it('is not made of options that nobody knows', () => {
    const bytes = assemble(COUNT);
    const make = (options: object): unknown => textOf(bytes, options as AotOptions);
    expect(() => make({ target: 'deno' })).toThrow(
      "aot options.target: one of node, browser, worker, jitless, hermes is wanted, not 'deno'",
    );
    expect(() => make({ abilities: ['fule'] })).toThrow(
      'aot options.abilities: an array with some of plain, deadline, fuel',
    );
    expect(() => make({ abilities: [] })).toThrow('aot options.abilities');
    expect(() => make({ metered: true })).toThrow("unknown option 'metered'");
  });

  it('keeps the limits it was compiled for, and says which it cannot keep', () => {
    const all = loadAot(importText(textOf(assemble(COUNT), { abilities: ['plain', 'deadline', 'fuel'] })));
    const runtime = runtimeFor(all);
    const limited = runtime.instantiate(runtime.load(all.wasm!), { mode: 'aot', limits: { fuel: 500 } });
    expect(() => limited.lookupFunction('count')!.call(1000)).toThrow(LimitError);
    const timed = inTime(() =>
      runtime.instantiate(runtime.load(all.wasm!), { mode: 'aot', limits: { timeoutMs: 50 } }),
    );
    expect(() => timed.lookupFunction('count')!.call(-1)).toThrow(LimitError);

    const plain = loadAot(importText(textOf(assemble(COUNT), { abilities: ['plain'] })));
    const second = runtimeFor(plain);
    const unable = second.instantiate(second.load(plain.wasm!), { mode: 'aot', limits: { fuel: 500 } });
    expect(() => unable.lookupFunction('count')!.call(1)).toThrow(UsageError);
  });

  it('is refused when truncated, edited, of another version, or none', () => {
    const text = textOf(assemble(COUNT));
    expect(faultOf(() => checkAotText(text))).toBeUndefined();
    expect(faultOf(() => checkAotText(text.slice(0, -10)))).toBe('truncated');
    expect(faultOf(() => checkAotText(text.slice(0, 20)))).toBe('truncated');
    expect(faultOf(() => checkAotText(text.replace('break', 'BREAK')))).toBe('edited');
    expect(faultOf(() => checkAotText(`${text}x`))).toBe('edited');
    expect(faultOf(() => checkAotText(text.replace('enclasm-aot 4 ', 'enclasm-aot 99 ')))).toBe('version');
    expect(faultOf(() => checkAotText('export const a = 1;'))).toBe('not-aot');
  });

  it('is refused at import, too, when its code or its header was changed', () => {
    const text = textOf(assemble(COUNT));
    const edited = importText(text.replace('l1=0', 'l1=1'));
    expect(faultOf(() => loadAot(edited))).toBe('edited');
    expect(faultOf(() => loadAot(edited, false))).toBeUndefined();
    expect(faultOf(() => loadAot({ ...edited, end: '' }))).toBe('truncated');
    expect(faultOf(() => loadAot({ header: { format: 99 } }))).toBe('version');
    expect(faultOf(() => loadAot({}))).toBe('not-aot');
  });

  it('runs no other module', () => {
    const module = loadAot(importText(textOf(assemble(COUNT))));
    const runtime = runtimeFor(module);
    const other = runtime.load(assemble('(module (func))'));
    expect(faultOf(() => runtime.instantiate(other, { mode: 'aot' }))).toBe('mismatch');
  });

  it('can leave the WebAssembly module out', () => {
    const module = loadAot(importText(textOf(assemble(COUNT), { withoutWasm: true })));
    expect(module.wasm).toBeUndefined();
    const runtime = runtimeFor(module);
    const instance = runtime.instantiate(runtime.load(assemble(COUNT)), { mode: 'aot' });
    expect(instance.lookupFunction('count')!.call(7)).toEqual([7]);
  });
});

describe('where no code may be made from text', () => {
  it('programs of the corpus give their results', async () => {
    const dist = pathToFileURL(join(projectRoot(), 'dist')).href;
    const chosen = programs.filter(({ name }) => ['fib', 'xxhash64', 'mixed', 'indirect', 'nbody'].includes(name));
    const imports = chosen.map(({ name, file }) => {
      const bytes = readFileSync(join(projectRoot(), 'bench/programs', file));
      writeFileSync(join(folder, `${name}.mjs`), textOf(bytes, { target: 'node' }));
      return `import * as ${name} from './${name}.mjs';`;
    });
    writeFileSync(
      join(folder, 'main.mjs'),
      `${imports.join('\n')}
      import { Runtime } from '${dist}/embed/runtime.js';
      import { aotEngine, loadAot } from '${dist}/engine/js/aot-load.js';
      import { nodePlatform } from '${dist}/platform/node/platform.js';
      import { ALL_LIBRARIES } from '${dist}/entry/libraries.js';
      let forbidden = false;
      try { new Function('return 1')(); } catch { forbidden = true; }
      const results = { forbidden };
      for (const [name, exports, n] of [${chosen.map(({ name, quickN }) => `['${name}', ${name}, ${quickN}]`).join()}]) {
        const module = loadAot(exports);
        const runtime = Runtime.init({}, { platform: nodePlatform(), engines: [aotEngine([module])], libraries: ALL_LIBRARIES });
        const instance = runtime.instantiate(runtime.load(module.wasm), { mode: 'aot' });
        results[name] = String(instance.lookupFunction('run').call(n)[0]);
      }
      console.log(JSON.stringify(results));`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--disallow-code-generation-from-strings',
      join(folder, 'main.mjs'),
    ]);
    const expected = Object.fromEntries(chosen.map(({ name, quickExpect }) => [name, quickExpect]));
    expect(JSON.parse(stdout)).toEqual({ forbidden: true, ...expected });
  });
});
