// Plugins of each convention: the same calls without a boundary and over every transport, in every mode; and guests that break their convention.
// What a plugin leaves behind is counted.
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEnclave } from '#src/entry/enclave.js';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { createPlugin, type Plugin, PluginError, type PluginFault, type PluginOptions } from '#src/entry/plugin.js';
import { LimitError, Trap, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { entry, guest, guests, PLACES } from './places.js';

/** Calls each native; its output is as long as the first says, and has what the last wrote. */
const IMPORTING = `(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (import "env" "note" (func $note (param i32)))
  (import "env" "fill" (func $fill (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "note\\00")
  (func (export "malloc") (param i32) (result i32) (i32.const 64))
  (func (export "free") (param i32))
  (func (export "run") (param i32 i32) (result i32 i32)
    (call $note (i32.const 16))
    (call $fill (i32.const 128) (i32.const 8))
    (i32.const 128)
    (call $add (i32.const 2) (i32.const 3))))`;

const open: Plugin[] = [];
afterEach(async () => {
  for (const plugin of open.splice(0)) await plugin.close();
});
async function plugin(source: Uint8Array, options: PluginOptions = {}): Promise<Plugin> {
  const made = await createPlugin(source, options);
  open.push(made);
  return made;
}
async function faultOf(call: Promise<unknown>): Promise<PluginFault | undefined> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PluginError)) throw new Error(`no PluginError: ${String(error)}`);
  return error.fault;
}

for (const { name, enclave, modes } of PLACES) {
  for (const mode of modes) {
    describe(`plugins, ${name}, mode ${mode}`, () => {
      const where: PluginOptions = { enclave, mode };

      test('pointer and length: each way to give an output', async () => {
        const made = await plugin(guest('greet'), where);
        expect(made.convention).toBe('pointer-length');
        expect((await made.call('greet', 'World')).text()).toBe('Hello, World!');
        expect((await made.call('greet_packed', 'Wörld')).text()).toBe('Hello, Wörld!');
        expect((await made.call('upper', 'in place')).text()).toBe('IN PLACE');
        expect((await made.call('ignore', 'x')).bytes).toHaveLength(0);
        expect((await made.call('greet')).text()).toBe('Hello, !');
        const bytes = Uint8Array.of(0, 255, 97);
        expect((await made.call('upper', bytes)).bytes).toEqual(Uint8Array.of(0, 255, 65));
        expect((await made.call('upper', bytes.buffer)).bytes).toEqual(Uint8Array.of(0, 255, 65));
      });
      test('JSON out, and state between calls', async () => {
        const made = await plugin(guest('greet'), where);
        expect((await made.call('count', 'education')).json<{ vowels: number }>().vowels).toBe(5);
        expect((await made.call('count', { aa: [1, 'o'] })).json()).toEqual({ vowels: 3, calls: 2 });
        const many = await Promise.all(['a', 'e', 'i'].map((text) => made.call('count', text)));
        expect(many.map((output) => output.json<{ calls: number }>().calls)).toEqual([3, 4, 5]);
      });
      test('a program: standard input to standard output, with arguments and variables', async () => {
        const wasi = { args: ['upper', 'say'], env: { PREFIX: 'well, ' } };
        const made = await plugin(guest('upper'), { ...where, wasi });
        expect(made.convention).toBe('wasi-command');
        expect((await made.call('_start', 'hello')).text()).toBe('say: well, HELLO');
        expect((await made.call('_start')).text()).toBe('say: well, ');
        const large = 'a'.repeat(200_000);
        expect((await made.call('_start', large)).bytes).toHaveLength(large.length + 'say: well, '.length);
        const failed: unknown = await made.call('_start', 'fail').catch((error: unknown) => error);
        expect(failed).toMatchObject({ fault: 'failed', code: 3, message: expect.stringContaining('told to fail') });
        expect((await made.call('_start', 'again')).text()).toBe('say: well, AGAIN');
        expect(await faultOf(made.call('main'))).toBe('no-function');
      });
      test('AssemblyScript: texts, buffers, nothing', async () => {
        const made = await plugin(guest('greet-as'), where);
        expect(made.convention).toBe('assemblyscript');
        expect((await made.call('greet', 'Wörld 🌍')).text()).toBe('Hello, Wörld 🌍!');
        expect((await made.call('reverse', Uint8Array.of(1, 2, 3))).bytes).toEqual(Uint8Array.of(3, 2, 1));
        expect((await made.call('count', ['a', 'e'])).json()).toEqual({ vowels: 2, calls: 1 });
        expect((await made.call('churn', 'kept')).text()).toMatch(/^kept/);
        expect((await made.call('version')).text()).toBe('1.0');
        expect((await made.call('nothing', 'x')).bytes).toHaveLength(0);
        expect((await made.call('greet', '')).text()).toBe('Hello, !');
      });
      test('AssemblyScript: what is no text, and other classes', async () => {
        const made = await plugin(guest('greet-as'), { ...where, maxOutputBytes: 1_000 });
        expect(await faultOf(made.call('half', 'x'))).toBe('invalid-text');
        expect(await faultOf(made.call('object', 'x'))).toBe('wrong-type');
        expect(await faultOf(made.call('outside', 'x'))).toBe('out-of-bounds');
        expect(await faultOf(made.call('repeat', '1001'))).toBe('output-too-long');
        expect((await made.call('repeat', '1000')).bytes).toHaveLength(1_000);
        expect(await faultOf(made.call('two', 'x'))).toBe('wrong-type');
        expect(await faultOf(made.call('version', 'x'))).toBe('wrong-type');
        const failed: unknown = await made.call('fail', 'why').catch((error: unknown) => error);
        expect(failed).toBeInstanceOf(Trap);
        expect((failed as Trap).message).toContain('no: why');
        expect((await made.call('greet', 'still')).text()).toBe('Hello, still!');
      });
      test('Extism: input, output, variables, settings, errors', async () => {
        const made = await plugin(guest('extism'), { ...where, extism: { config: { colour: 'green', empty: '' } } });
        expect(made.convention).toBe('extism');
        expect((await made.call('count_vowels', 'education')).json()).toEqual({ count: 5, total: 5 });
        expect((await made.call('count_vowels', 'aa')).json()).toEqual({ count: 2, total: 7 });
        await made.call('forget');
        expect((await made.call('count_vowels', 'a')).json()).toEqual({ count: 1, total: 1 });
        expect((await made.call('echo', 'as it came')).text()).toBe('as it came');
        expect((await made.call('setting', 'colour')).text()).toBe('green');
        const failed: unknown = await made.call('setting', 'size').catch((error: unknown) => error);
        expect(failed).toMatchObject({ fault: 'failed', code: 7, message: 'no such setting' });
        expect(await faultOf(made.call('fail'))).toBe('failed');
        // It failed in an orderly way: what it knew stays.
        expect((await made.call('count_vowels', 'a')).json()).toEqual({ count: 1, total: 2 });
        await made.call('churn');
      });
      test('Extism: what a guest may not do', async () => {
        const made = await plugin(guest('extism'), {
          ...where,
          maxOutputBytes: 1_000,
          limits: { memoryBytes: 8 << 20 },
        });
        expect(await faultOf(made.call('outside'))).toBe('out-of-bounds');
        expect(await faultOf(made.call('outside_output'))).toBe('out-of-bounds');
        expect(await faultOf(made.call('beyond_input', 'x'))).toBe('out-of-bounds');
        expect(await faultOf(made.call('long_output'))).toBe('output-too-long');
        expect(await faultOf(made.call('fetch', 'http://example.com'))).toBe('not-granted');
        const first = (await made.call('hoard')).text();
        expect(Number(first)).toBeGreaterThan(2);
        expect(Number(first)).toBeLessThan(8);
        // All of it was given back.
        expect((await made.call('hoard')).text()).toBe(first);
      });
      test('Extism: functions of the embedder over blocks', async () => {
        const notes: string[] = [];
        const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
        const functions = {
          'extism:host/user': {
            greet: (who: Uint8Array) => `Hi, ${decode(who)}`,
            note: (text: Uint8Array) => {
              notes.push(decode(text));
              return undefined;
            },
          },
        };
        const made = await plugin(guest('extism-user'), { ...where, extism: { functions } });
        expect((await made.call('run', 'World')).text()).toBe('Hi, World');
        expect(notes).toEqual(['a note']);
      });
      test('Extism: requests, where they are granted', async () => {
        const seen: unknown[] = [];
        const http = (request: { url: string; method: string; headers: object; body: Uint8Array }) => {
          seen.push({ ...request, body: new TextDecoder().decode(request.body) });
          return { status: 201, headers: { 'x-answer': 'yes' }, body: 'pong' };
        };
        const made = await plugin(guest('extism'), { ...where, extism: { http } });
        expect((await made.call('fetch', 'http://example.com/a')).text()).toBe('201 pong {"x-answer":"yes"}');
        expect(seen).toEqual([
          { url: 'http://example.com/a', method: 'POST', headers: { 'x-from': 'plugin' }, body: 'ping' },
        ]);
        expect(await faultOf(made.call('fetch', '"'))).toBe('invalid-json');
      });
      test('Extism: the log', async () => {
        const lines: string[] = [];
        const log = (level: string, text: string) => lines.push(`${level}: ${text}`);
        const made = await plugin(guest('extism'), { ...where, log, logLevel: 'debug' });
        expect((await made.call('log_all')).text()).toBe('1');
        expect(lines).toEqual(['debug: a detail', 'debug: a fact', 'warning: a warning', 'error: a failure']);
      });
      test('what breaks a convention is named, and the next call begins anew', async () => {
        const made = await plugin(guest('greet'), {
          ...where,
          maxOutputBytes: 1_000,
          limits: { fuel: 10_000_000, memoryBytes: 4 << 20 },
        });
        await made.call('count', 'x');
        expect(await faultOf(made.call('outside', 'x'))).toBe('out-of-bounds');
        expect((await made.call('count', 'x')).json()).toEqual({ vowels: 0, calls: 1 });
        expect(await faultOf(made.call('repeat', '1001'))).toBe('output-too-long');
        expect((await made.call('repeat', '1000')).bytes).toHaveLength(1_000);
        expect(await faultOf(made.call('absent', 'x'))).toBe('no-function');
        expect(await faultOf(made.call('wrong', 'x'))).toBe('wrong-type');
        expect(await faultOf(made.call('greet', new Uint8Array(8 << 20)))).toBe('out-of-memory');
        const broken = await made.call('broken_text', 'x');
        expect(() => broken.text()).toThrowError(expect.objectContaining({ fault: 'invalid-text' }));
        const noJson = await made.call('greet', 'x');
        expect(() => noJson.json()).toThrowError(expect.objectContaining({ fault: 'invalid-json' }));
        await expect(made.call('trap', 'x')).rejects.toBeInstanceOf(Trap);
        await expect(made.call('spin', 'x')).rejects.toMatchObject({ limit: 'fuel' });
        await expect(made.call('spin', 'x', { timeoutMs: 30, fuel: 1e15 })).rejects.toMatchObject({
          limit: 'timeoutMs',
        });
        expect((await made.call('greet', 'still')).text()).toBe('Hello, still!');
      });
      test('a convention by name, and modules that fit none', async () => {
        expect(await faultOf(createPlugin(guest('upper'), { ...where, convention: 'assemblyscript' }))).toBe(
          'no-convention',
        );
        const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
        expect(await faultOf(createPlugin(empty, where))).toBe('no-convention');
        const bare = await plugin(guest('extism'), { ...where, convention: 'pointer-length', logLevel: 'error' });
        expect(await faultOf(bare.call('absent'))).toBe('no-function');
      });
      test('natives, files and the streams of a plugin', async () => {
        const said: string[] = [];
        const wasi = {
          stderr: (bytes: Uint8Array) => {
            said.push(new TextDecoder().decode(bytes));
          },
          preopens: { '/data': new MemoryFileSystem({ 'a.txt': 'inside' }) },
        };
        const made = await plugin(guest('greet'), { ...where, wasi });
        await made.call('say', 'hello');
        expect(said.join('')).toBe('said hello\n');
        expect((await made.call('read_file', '/data/a.txt')).text()).toBe('inside');
        expect((await made.call('read_file', '/etc/passwd')).bytes).toHaveLength(0);
      });
      test('natives of the embedder: values, texts, buffers', async () => {
        const seen: unknown[] = [];
        const natives = {
          env: {
            add: (a: number, b: number) => a + b,
            note: { signature: '($)', func: (text: string) => void seen.push(text) },
            fill: { signature: '(*~)', func: (bytes: Uint8Array) => void bytes.fill(0x21) },
          },
        };
        const made = await plugin(assemble(IMPORTING), { ...where, natives });
        expect((await made.call('run', 'any')).text()).toBe('!!!!!');
        expect(seen).toEqual(['note']);
      });
      test('usage of a call', async () => {
        const made = await plugin(guest('greet'), { ...where, limits: { fuel: 1_000_000 } });
        const first = await made.call('greet', 'World');
        expect(first.usage?.fuel).toBeGreaterThan(10);
        expect(first.usage?.fuel).toBeLessThan(100_000);
      });
      test('after its end it refuses, and a second end does nothing', async () => {
        const made = await createPlugin(guest('greet'), where);
        await made.close();
        await made.close();
        await expect(made.call('greet', 'x')).rejects.toBeInstanceOf(UsageError);
      });
    });
  }
}

describe('plugins: options', () => {
  test('the file of a module', async () => {
    const path = join(guests, 'greet.wasm');
    for (const source of [path, new URL(`file://${path}`)]) {
      expect((await (await plugin(source as never)).call('greet', 'file')).text()).toBe('Hello, file!');
    }
  });
  test('what is no input', async () => {
    const made = await plugin(guest('greet'));
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const input of [cycle, { big: 1n }, () => 1, Symbol('x')]) {
      await expect(made.call('greet', input as never)).rejects.toBeInstanceOf(UsageError);
    }
  });
  test('unknown options, and those that the convention has no use for', async () => {
    const wrong: object[] = [
      { convention: 'none' },
      { limit: {} },
      { limits: { fule: 1 } },
      { extism: { http: 1 } },
      { extism: {} },
      { natives: { env: { f: 1 } } },
      { wasi: { stdin: 'inherit' } },
    ];
    for (const options of wrong) await expect(createPlugin(guest('greet'), options)).rejects.toBeInstanceOf(UsageError);
    const stdout = () => {};
    await expect(createPlugin(guest('upper'), { wasi: { stdout } })).rejects.toBeInstanceOf(UsageError);
    const made = await plugin(guest('greet'));
    await expect(made.call('greet', 'x', { timeout: 1 } as never)).rejects.toBeInstanceOf(UsageError);
    await expect(made.call('greet', 'x', { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(LimitError);
  });
  test('a call that waits for its turn can be aborted', async () => {
    let go = (): void => {};
    const natives = {
      env: {
        add: { func: () => new Promise((resolve) => (go = () => resolve(1))), async: true },
        note: () => {},
        fill: () => {},
      },
    };
    const made = await plugin(assemble(IMPORTING), { mode: 'interp', natives });
    const first = made.call('run', 'x');
    const abort = new AbortController();
    const second = made.call('run', 'x', { signal: abort.signal });
    setTimeout(() => abort.abort(), 10);
    await expect(second).rejects.toMatchObject({ limit: 'signal' });
    go();
    expect((await first).bytes).toHaveLength(1);
  });
  test('in an enclave of others it leaves nothing', async () => {
    const enclave = await createEnclave({ transport: 'same-thread' });
    await enclave.initRuntime();
    try {
      const before = await enclave.countHandles();
      const preopens = { '/data': new MemoryFileSystem({ 'a.txt': 'inside' }) };
      const made = await createPlugin(guest('greet'), { enclave, wasi: { preopens } });
      expect((await made.call('greet', 'shared')).text()).toBe('Hello, shared!');
      await made.close();
      expect(await enclave.countHandles()).toEqual(before);
      expect(enclave.openNodes).toBe(0);
      await expect(createPlugin(guest('greet'), { enclave, logLevel: 'debug' })).rejects.toBeInstanceOf(UsageError);
      expect(await enclave.countHandles()).toEqual(before);
    } finally {
      await enclave.close();
    }
  });
  test('an enclave of its own that was ended with a guest starts again', async () => {
    const made = await plugin(guest('greet'), { enclave: { transport: 'process', entry } });
    expect((await made.call('greet', 'first')).text()).toBe('Hello, first!');
    const abort = new AbortController();
    const spinning = made.call('spin', 'x', { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(spinning).rejects.toThrow();
    expect((await made.call('greet', 'again')).text()).toBe('Hello, again!');
  });
});
