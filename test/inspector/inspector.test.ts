// The inspector in Chromium, on a page that is isolated from other origins and on one that is not. Skipped where no Chromium is at hand
// (test/browsers/find-chromium.ts says where one is looked for).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { type Browser, launch } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveInspector } from '../../scripts/inspector.js';
import { CHROMIUM } from '../browsers/find-chromium.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { manyFunctions } from './guests.js';
import { InspectorPage } from './inspector-page.js';

const root = projectRoot();
const folder = mkdtempSync(join(tmpdir(), 'enclasm-inspector-'));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SPIN = `(module (memory (export "memory") 1) (data (i32.const 32) "spinning")
  (func (export "_start") (loop $again br $again)))`;
const WRITES = `(module (memory (export "memory") 3)
  (func (export "write") (param $at i32) (param $value i32) (i32.store (local.get $at) (local.get $value)))
  (func (export "fall") unreachable))`;
/** Writes pieces of 8,192 bytes, with a thousand calls between two of them. */
const FLOOD = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\00\\20\\00\\00") (data (i32.const 16) "flood\\n")
  (func (export "_start") (local $i i32) (loop $again
    (local.set $i (i32.const 1000))
    (loop $calls (drop (call $yield)) (br_if $calls (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again))))`;
/** Writes a file. */
const NOTES = `(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\20\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 32) "hello") (data (i32.const 64) "note.txt")
  (func (export "_start")
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 8) (i32.const 1) (i64.const 64) (i64.const 0)
      (i32.const 0) (i32.const 128)) (then unreachable))
    (if (call $write (i32.load (i32.const 128)) (i32.const 0) (i32.const 1) (i32.const 132)) (then unreachable))))`;
const GROWS = `(module (memory (export "memory") 1)
  (func (export "_start") (loop $again
    (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable))`;
const LARGE = `(module (memory (export "memory") 16384)
  (func (export "_start") (i32.store (i32.const 0x3ffffff0) (i32.const 0x64636261))))`;

const HTML = '<img src=x onerror=globalThis.hit=1>';
/** Names that would be elements, that turn lines around, that are 100 KB. */
const NAMES = [HTML, '\u202egnp.exe', `</code>${HTML}`, 'n'.repeat(100_000)];
const wat = (name: string): string =>
  [...new TextEncoder().encode(name)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
const HOSTILE = `(module ${NAMES.map((name) => `(import "${wat(name)}" "${wat(name)}" (func (param i32)))`).join('\n')}
  (memory (export "memory") 1)
  ${NAMES.map((name, i) => `(func (export "${wat(name)}") (call ${i} (i32.const 0)))`).join('\n')}
  (func (export "_start") (call 0 (i32.const 7))))`;

describe.skipIf(CHROMIUM === undefined)('the inspector', () => {
  let browser: Browser;
  const sites: Awaited<ReturnType<typeof serveInspector>>[] = [];
  let isolated: string;
  let plain: string;
  let inspector: InspectorPage;
  beforeAll(async () => {
    for (const given of [{}, { isolated: false }])
      sites.push(await serveInspector(join(root, 'dist/inspector'), given));
    [isolated, plain] = sites.map(({ url }) => url) as [string, string];
    browser = await launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    inspector = await InspectorPage.open(browser, isolated, folder);
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of sites) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs a sample: output, calls with results and fuel, packets of the boundary', async () => {
    await inspector.sample('Count words');
    expect(await inspector.outcome()).toContain('Ended with exit code 0');
    await inspector.printed('/poem.txt');
    await inspector.tab('calls');
    const calls = await inspector.rows();
    expect(calls.some((row) => /^path_open\(.*path="poem.txt".*\) = ESUCCESS[\d,]+\d+\.\d\d$/.test(row))).toBe(true);
    await inspector.tab('packets');
    await inspector.row('OPEN_AT');
    const packets = (await inspector.rows()).join('\n');
    for (const name of ['INIT_RUNTIME', 'LOAD_MODULE', 'INSTANTIATE_MODULE']) expect(packets).toContain(name);
    await inspector.page.keyboard.press('Tab');
    await inspector.tab('heap');
    await inspector.row('charged');
  });
  it('shows a limit that was reached: which one, where, how to change it', async () => {
    await inspector.sample('Out of fuel');
    expect(await inspector.outcome()).toMatch(/limit: fuel, 1,000,000 instructions.*In main/);
    const meter = await inspector.page.waitForSelector('[role=meter][aria-label=Fuel]');
    expect(await meter!.evaluate((one: Element) => one.getAttribute('aria-valuenow'))).toBe('100');
    await inspector.press('Change the limit');
    expect(await inspector.page.evaluate(() => document.activeElement?.id)).toBe('limit-fuel');
    await inspector.press('Trace');
    expect(await inspector.text('.frames ol')).toMatch(/main.*function \d+, offset 0x[\da-f]+/);
  });
  it('has a flame chart by fuel, with a table of functions', async () => {
    await inspector.sample('A Lisp');
    await inspector.outcome();
    await inspector.tab('flame');
    await inspector.row('eval');
    const [first] = await inspector.rows();
    expect(first).toMatch(/^eval[\d,]+\d\d %[\d,]+$/);
    await inspector.page.focus('canvas');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await inspector.page.keyboard.press(key as 'ArrowDown');
    await inspector.until('.chosen', 'instructions, 100 %');
    await inspector.page.keyboard.press('Enter');
  });
  it('stops a guest that never ends, and its memory stays', async () => {
    await inspector.file('spin.wasm', await assemble(SPIN));
    await inspector.press('Run');
    await inspector.page.waitForSelector('.outcome.running');
    await inspector.until('.gauges', 'Time');
    await inspector.tab('memory');
    await inspector.until('#panel-memory', 'The guest runs');
    await inspector.row('spinning');
    await inspector.press('Look again');
    await inspector.press('Next data');
    await inspector.row('spinning');
    await inspector.page.keyboard.press('Escape');
    expect(await inspector.outcome()).toContain('Stopped');
    await inspector.row('spinning');
  });
  it('calls exported functions, and shows what they wrote and where they trapped', async () => {
    await inspector.file('writes.wasm', await assemble(WRITES));
    await inspector.fill('Values', '0x12340 0x64636261');
    await inspector.press('Run');
    expect(await inspector.outcome()).toContain('Returned');
    await inspector.tab('memory');
    await inspector.press('Next data');
    await inspector.row('00012340' + '61 62 63 64 00');
    await inspector.fill('Address', '0x99999999');
    await inspector.page.keyboard.press('Enter');
    await inspector.until('#panel-memory', 'An address is 0 to 0x2ffff');
    await inspector.choose('Function', '2');
    await inspector.fill('Values', '');
    await inspector.press('Run');
    await inspector.until('.outcome', 'Trap');
    expect(await inspector.outcome()).toContain('In fall. Unreachable');
  });
  it('names functions, files and lines as the source does', async () => {
    await inspector.file('shapes.wasm', readFileSync(join(root, 'test/observe/c/shapes.wasm')));
    await inspector.fill('Arguments', 'crash');
    await inspector.press('Run');
    expect(await inspector.outcome()).toMatch(/Trap.*shapes\.c:\d+/);
  });
  it('refuses files that are no modules, with the offset and the bytes there', async () => {
    await inspector.file('page.wasm', '<!doctype html><p>404</p>');
    expect(await inspector.text('.refusal')).toMatch(/not a WebAssembly module.*error page.*offset 0/);
    await inspector.file('empty.wasm', '');
    expect(await inspector.text('.refusal')).toContain('The file is empty');
    const module = await assemble(SPIN);
    await inspector.file('cut.wasm', module.slice(0, module.length - 3));
    expect(await inspector.text('.refusal')).toMatch(/not a WebAssembly module.*offset \d\d/);
    // The function's body: `drop` instead of `loop`.
    const invalid = module.map((byte, i) => (byte === 0x03 && module[i + 1] === 0x40 ? 0x1a : byte));
    await inspector.file('invalid.wasm', invalid);
    expect(await inspector.text('.refusal')).toMatch(/not valid.*offset \d\d/);
  });
  it('shows hostile names as text', async () => {
    await inspector.file('hostile.wasm', await assemble(HOSTILE));
    await inspector.tab('module');
    for (const part of ['Imports', 'Exports', 'Text']) {
      await inspector.press(part);
      await inspector.row('<img');
    }
    await inspector.press('Run');
    expect(await inspector.outcome()).toContain('Trap');
    await inspector.tab('flame');
    await inspector.row('_start');
    expect(await inspector.page.evaluate(() => [document.querySelector('img'), 'hit' in globalThis])).toEqual([
      null,
      false,
    ]);
    expect(await inspector.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
  it('stays alive under floods of output and calls', async () => {
    await inspector.file('flood.wasm', await assemble(FLOOD));
    await inspector.limit('outputBytes', '1');
    await inspector.press('Run');
    expect(await inspector.outcome()).toContain('limit: output, 1 MiB');
    await inspector.tab('terminal');
    await inspector.printed('flood');
    await inspector.tab('calls');
    await inspector.page.focus('.virtual');
    await inspector.page.keyboard.press('Home');
    await inspector.row('sched_yield');
    await inspector.fill('Filter calls', 'fd_write', 'searchbox');
    await inspector.row('fd_write');
    await inspector.fill('Filter calls', '', 'searchbox');
    await inspector.page.focus('.virtual');
    await inspector.page.keyboard.press('Home');
    const hasGap = async () => (await inspector.rows()).some((row) => row.includes('calls in between are not listed'));
    for (let pages = 0; pages < 40 && !(await hasGap()); pages++) await inspector.page.keyboard.press('PageDown');
    expect(await hasGap()).toBe(true);
  });
  it('shows memory that grows to its limit, and a memory of a gigabyte', async () => {
    await inspector.file('grows.wasm', await assemble(GROWS));
    await inspector.limit('memoryBytes', '32');
    await inspector.press('Run');
    expect(await inspector.outcome()).toMatch(/Trap.*memory/);
    await inspector.file('large.wasm', await assemble(LARGE));
    await inspector.limit('memoryBytes', '2048');
    await inspector.press('Run');
    expect(await inspector.outcome()).toContain('The EMS pool is too small');
    await inspector.press('Change the limit');
    expect(await inspector.page.evaluate(() => document.activeElement?.id)).toBe('pool');
    await inspector.fill('EMS pool MiB', '');
    await inspector.press('Run');
    await inspector.page.waitForSelector('.outcome.good');
    expect(await inspector.outcome()).toContain('exit code 0');
    await inspector.tab('memory');
    await inspector.fill('Address', '0x3ffffff0');
    await inspector.page.keyboard.press('Enter');
    await inspector.row('3ffffff061 62 63 64 00');
    await inspector.tab('heap');
    await inspector.until('#panel-heap', 'No pool');
  });
  it('lists a hundred thousand functions', async () => {
    await inspector.file('many.wasm', manyFunctions(100_000));
    await inspector.tab('module');
    await inspector.until('.tools', '100,000 functions');
    await inspector.press('Exports');
    await inspector.row('f0');
    await inspector.page.focus('.virtual');
    await inspector.page.keyboard.press('End');
    await inspector.row('f99999');
    await inspector.press('Text');
    await inspector.row('(module');
  });
  it('reads lines from its terminal', async () => {
    await inspector.sample('Sort');
    await inspector.until('.hint', 'waits for a line');
    await inspector.page.keyboard.type('pear\rapple\r');
    await inspector.page.keyboard.down('Control');
    await inspector.page.keyboard.press('d');
    await inspector.page.keyboard.up('Control');
    expect(await inspector.outcome()).toContain('exit code 0');
    await inspector.printed('pearappleapplepear');
  });
  it('is used with the keyboard alone', async () => {
    await inspector.press('Samples');
    const { keyboard } = inspector.page;
    const focused = () => inspector.page.evaluate(() => document.activeElement?.textContent ?? '');
    await inspector.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let presses = 0; presses < 12 && !(await focused()).startsWith('Hello'); presses++)
      await keyboard.press('Tab');
    await keyboard.press('Enter');
    await inspector.outcome();
    await keyboard.down('Alt');
    await keyboard.press('Digit4');
    await keyboard.up('Alt');
    await inspector.row('fd_write');
    await inspector.page.focus('#tab-calls');
    await keyboard.press('ArrowRight');
    await inspector.page.waitForSelector('#panel-memory');
    // Tab leaves the terminal.
    await inspector.tab('terminal');
    await inspector.page.focus('.xterm-helper-textarea');
    await keyboard.press('Tab');
    expect(await inspector.page.evaluate(() => document.activeElement?.className ?? '')).not.toContain('xterm');
    await keyboard.down('Control');
    await keyboard.press('Enter');
    await keyboard.up('Control');
    expect(await inspector.outcome()).toContain('exit code 0');
  });
  it('runs and stops guests where memory cannot be shared, with files and input that travel along', async () => {
    const other = await InspectorPage.open(browser, plain, folder);
    await other.sample('Count words');
    expect(await other.outcome()).toContain('exit code 0');
    await other.printed('/story.txt');
    await other.sample('Sort');
    await other.outcome();
    await other.fill('Text for standard input', 'two\none\n');
    await other.press('Run');
    await other.printed('one');
    await other.file('spin.wasm', await assemble(SPIN));
    await other.press('Run');
    await other.page.waitForSelector('.outcome.running');
    await other.tab('memory');
    await other.until('#panel-memory', 'it hears only pages that are isolated');
    // Where frames can be set aside, mode host hears that it should stop.
    await other.press('Stop');
    expect(await other.outcome()).toContain('Stopped');
    await other.row('spinning');
    await other.press('Mode, environment, memory');
    await other.choose('Mode', 'jit');
    await other.press('Run');
    await other.page.waitForSelector('.outcome.running');
    await other.press('Stop');
    await other.press('Stop at once');
    expect(await other.outcome()).toContain('Stopped');
    await other.until('#panel-memory', 'The memory is gone');
    await other.tab('packets');
    await other.row('lost');
    expect(other.faults).toEqual([]);
    await other.close();
  });
  it.each(['isolated', 'plain'])('saves what the guest wrote: a file, and all in an archive (%s)', async (kind) => {
    const other = await InspectorPage.open(browser, kind === 'isolated' ? isolated : plain, folder);
    await other.savesTo(folder);
    await other.file(`notes-${kind}.wasm`, await assemble(NOTES));
    await other.addFile('given.txt', 'as it was');
    await other.press('Run');
    expect(await other.outcome()).toContain('exit code 0');
    await other.tab('files');
    await other.until('#panel-files', '2 files, 1 of them written by the guest');
    expect(await other.rows()).toEqual([
      expect.stringMatching(/^given.txt9 Bas given/),
      expect.stringMatching(/^note.txt5 Bnew/),
    ]);
    await other.page.click('aria/Save note.txt');
    expect(Buffer.from(await other.saved('note.txt')).toString()).toBe('hello');
    await other.press('Save what it wrote');
    await other.press('Save all');
    const names = async (what: string) => Object.keys(unzipSync(await other.saved(`notes-${kind}-${what}.zip`)));
    expect(await names('written')).toEqual([`notes-${kind}-written/note.txt`]);
    expect(await names('files')).toEqual([`notes-${kind}-files/given.txt`, `notes-${kind}-files/note.txt`]);
    rmSync(join(folder, 'note.txt'));
    await other.close();
  });
  it('may be closed while a guest runs', async () => {
    const other = await InspectorPage.open(browser, isolated, folder);
    await other.file('spin.wasm', await assemble(SPIN));
    await other.press('Run');
    await other.page.waitForSelector('.outcome.running');
    await other.close();
    await inspector.sample('Hello');
    expect(await inspector.outcome()).toContain('exit code 0');
  });
  it.each(['light', 'dark'])('has no fault that axe finds, in any view (%s)', async (scheme) => {
    const other = await InspectorPage.open(browser, isolated, folder);
    await other.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await other.page.evaluate(AXE);
    const faults = async (): Promise<unknown> =>
      other.page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeFault[] }> } };
        return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
    expect(await faults()).toEqual([]);
    await other.sample('Out of fuel');
    await other.outcome();
    for (const tab of ['terminal', 'flame', 'timeline', 'calls', 'memory', 'heap', 'packets', 'files', 'module']) {
      await other.tab(tab);
      expect([tab, await faults()]).toEqual([tab, []]);
    }
    await other.file('page.wasm', '<!doctype html>');
    expect(await faults()).toEqual([]);
    await other.close();
  });
  it('has shown no error in the console', () => {
    expect(inspector.faults).toEqual([]);
  });
});

interface AxeFault {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}
