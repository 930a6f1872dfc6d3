// The folder that keeps instrumented code between runs: used by the next run, replaced where it is damaged, cut short or of another module.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderStore } from '#src/cli/code-store.js';
import { Runtime } from '#src/embed/runtime.js';
import { hostEngine } from '#src/engine/host/engine.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';

const folder = mkdtempSync(join(tmpdir(), 'enclasm-code-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a module in an engine of its own, as a new process would; says whether code was made and kept. */
function run(text: string, fuel?: number): { readonly result: unknown; readonly kept: number } {
  const store = folderStore(join(folder, 'made', 'when', 'needed'));
  let kept = 0;
  const codeStore = {
    get: store.get,
    put(key: string, entry: Uint8Array): void {
      kept++;
      store.put(key, entry);
    },
  };
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: [hostEngine({ codeStore })] });
  const options = fuel === undefined ? {} : { limits: { fuel } };
  const result = runtime
    .instantiate(runtime.load(assemble(text)), options)
    .lookupFunction('f')!
    .call()[0];
  return { result, kept };
}
const files = (): string[] =>
  readdirSync(join(folder, 'made', 'when', 'needed')).map((name) => join(folder, 'made', 'when', 'needed', name));

describe('the folder of instrumented code', () => {
  const SIX = '(module (func (export "f") (result i32) (i32.const 6)))';
  const SEVEN = '(module (func (export "f") (result i32) (i32.const 7)))';

  it('is used by the next engine, has an entry for each module and set of options, and no other files', () => {
    expect([run(SIX), run(SIX)]).toEqual([
      { result: 6, kept: 1 },
      { result: 6, kept: 0 },
    ]);
    expect([run(SIX, 1000), run(SIX, 1000)]).toEqual([
      { result: 6, kept: 1 },
      { result: 6, kept: 0 },
    ]);
    expect(run(SEVEN)).toEqual({ result: 7, kept: 1 });
    expect(files()).toHaveLength(3);
    expect(files().every((file) => /^[0-9a-z]+$/.test(basename(file)))).toBe(true);
  });

  it('is written anew where an entry is damaged, cut short, empty, or of another module', () => {
    const whole = files().map((file) => readFileSync(file));
    for (const [i, file] of files().entries()) {
      const damages = [
        whole[i]!.map((byte, at) => (at === whole[i]!.length - 3 ? byte ^ 0x40 : byte)),
        whole[i]!.subarray(0, whole[i]!.length >> 1),
        new Uint8Array(0),
        whole[(i + 1) % whole.length]!,
      ];
      for (const damage of damages) {
        writeFileSync(file, damage);
        const runs = [run(SIX), run(SIX, 1000), run(SEVEN)];
        expect(runs.map(({ result }) => result)).toEqual([6, 6, 7]);
        expect(runs.map(({ kept }) => kept).reduce((a, b) => a + b)).toBe(1);
        expect(readFileSync(file)).toEqual(whole[i]);
      }
    }
  });

  it('does without where it cannot write', () => {
    writeFileSync(join(folder, 'file'), '');
    const store = folderStore(join(folder, 'file', 'inside'));
    store.put('key', Uint8Array.of(1));
    expect(store.get('key')).toBeUndefined();
  });
});
