// Guests that break their convention, in every mode and over every transport: each ends with an error that has a name, and the limits and the memory of a call
// are those of the whole call. Calls that are given up before they begin, and answers that come after a call's end, leave nothing.
import { afterEach, describe, expect, test } from 'vitest';
import { createPlugin, type Plugin, PluginError, type PluginFault, type PluginOptions } from '#src/entry/plugin.js';
import { LimitError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { guest, PLACES } from './places.js';

const open: Plugin[] = [];
afterEach(async () => {
  for (const plugin of open.splice(0)) await plugin.close();
});
async function plugin(text: string | Uint8Array, options: PluginOptions): Promise<Plugin> {
  const made = await createPlugin(typeof text === 'string' ? assemble(text) : text, options);
  open.push(made);
  return made;
}
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
}
async function faultOf(call: Promise<unknown>): Promise<PluginFault> {
  const error = await errorOf(call);
  if (!(error instanceof PluginError)) throw new Error(`no PluginError: ${String(error)}`);
  return error.fault;
}

/** A guest by pointer and length, with the given allocator and function. */
const pointerLength = (allocator: string, run: string): string => `(module (memory (export "memory") 1) ${allocator}
  (func (export "run") (param i32 i32) (result i32 i32) ${run}))`;
const FREE = '(func (export "free") (param i32))';
const malloc = (address: string): string => `(func (export "malloc") (param i32) (result i32) (i32.const ${address}))`;
const ECHO = '(local.get 0) (local.get 1)';

/** Each step spins for so long that one of them fits the fuel, and asks the host once. */
const STEPS = `(module
  (import "env" "ask" (func $ask))
  (memory (export "memory") 1)
  (func $spin (local $k i32)
    (local.set $k (i32.const 800))
    (loop $again (br_if $again (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
    (call $ask))
  (func (export "malloc") (param i32) (result i32) (call $spin) (i32.const 64))
  (func (export "free") (param i32) (call $spin))
  (func (export "run") (param i32 i32) (result i32 i32) (call $spin) (local.get 0) (local.get 1)))`;

/** Sets its output before the kernel's memory moves, and writes to it after that. */
const MOVING = `(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error (param i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (func $late (param $fails i32) (result i64) (local $block i64)
    (local.set $block (call $alloc (i64.const 2)))
    (call $store (local.get $block) (i32.const 0x61))
    (if (local.get $fails)
      (then (call $error (local.get $block)))
      (else (call $output (local.get $block) (i64.const 2))))
    (drop (call $alloc (i64.const 1000000)))
    (call $store (i64.add (local.get $block) (i64.const 1)) (i32.const 0x62))
    (local.get $block))
  (func (export "output") (result i32) (drop (call $late (i32.const 0))) (i32.const 0))
  (func (export "freed") (result i32) (call $free (call $late (i32.const 0))) (i32.const 0))
  (func (export "error") (result i32) (call $free (call $late (i32.const 1))) (i32.const 1))
  (func (export "huge") (result i32) (call $output (i64.const 64) (i64.const -1)) (i32.const 0))
  (func (export "before") (result i32) (call $output (i64.const -8) (i64.const 8)) (i32.const 0))
  (func (export "wrong") (param i32)))`;

/** AssemblyScript's runtime of the given functions, and a function that gives its input back. */
const assemblyScript = (pin: string, create: string): string => `(module (memory (export "memory") 1)
  (func (export "__new") (param i32 i32) (result i32) (i32.const ${create})) ${pin}
  (func (export "__unpin") (param i32))
  (func (export "run") (param i32) (result i32) (local.get 0))
  (func (export "far") (param i32) (result i32) (i32.const -1))
  (func (export "near") (param i32) (result i32) (i32.const 8)))`;
const PIN = '(func (export "__pin") (param i32) (result i32) (local.get 0))';

for (const { name, enclave, modes } of PLACES) {
  for (const mode of modes) {
    const where: PluginOptions = { enclave, mode };
    describe(`guests that break their convention, ${name}, mode ${mode}`, () => {
      test('pointer and length: allocators and outputs that lie', async () => {
        const fault = async (allocator: string, run = ECHO, options: PluginOptions = {}): Promise<PluginFault> => {
          const made = await plugin(pointerLength(allocator, run), {
            ...where,
            convention: 'pointer-length',
            ...options,
          });
          return faultOf(made.call('run', 'input'));
        };
        expect(await fault('')).toBe('no-allocator');
        expect(await fault(malloc('64'))).toBe('no-allocator');
        expect(await fault(malloc('0') + FREE)).toBe('out-of-memory');
        expect(await fault(malloc('65535') + FREE)).toBe('out-of-bounds');
        expect(await fault(malloc('-1') + FREE)).toBe('out-of-bounds');
        expect(await fault(`(func (export "malloc") (param i64) (result i32) (i32.const 64))${FREE}`)).toBe(
          'wrong-type',
        );
        expect(await fault(`${malloc('64')}(func (export "free"))`)).toBe('wrong-type');
        expect(await fault(malloc('64') + FREE, '(i32.const 65530) (i32.const 8)')).toBe('out-of-bounds');
        expect(await fault(malloc('64') + FREE, '(i32.const -1) (i32.const -1)', { maxOutputBytes: 2 ** 33 })).toBe(
          'out-of-bounds',
        );
        expect(await fault(malloc('64') + FREE, '(i32.const 0) (i32.const 11)', { maxOutputBytes: 10 })).toBe(
          'output-too-long',
        );
        const bare = `(module ${malloc('64')} ${FREE} (func (export "run") (param i32 i32)))`;
        expect(await faultOf((await plugin(bare, where)).call('run', 'input'))).toBe('out-of-bounds');
      });
      test('AssemblyScript: a runtime that lies', async () => {
        const fault = async (text: string, called = 'run'): Promise<PluginFault> =>
          faultOf((await plugin(text, where)).call(called, 'input'));
        expect(await fault(assemblyScript(PIN, '65530'))).toBe('out-of-bounds');
        expect(await fault(assemblyScript('(func (export "__pin"))', '64'))).toBe('wrong-type');
        expect(await fault(assemblyScript(PIN, '64'), 'far')).toBe('out-of-bounds');
        expect(await fault(assemblyScript(PIN, '64'), 'near')).toBe('out-of-bounds');
        // The words before the object are zero: of that class nothing is known.
        expect(await fault(assemblyScript(PIN, '64'))).toBe('wrong-type');
      });
      test('Extism: an output is what lies there at the end of the call', async () => {
        const made = await plugin(MOVING, where);
        expect((await made.call('output')).text()).toBe('ab');
        expect((await made.call('freed')).text()).toBe('ab');
        expect(await errorOf(made.call('error'))).toMatchObject({ fault: 'failed', message: 'ab' });
        expect(await faultOf(made.call('huge'))).toBe('out-of-bounds');
        expect(await faultOf(made.call('before'))).toBe('out-of-bounds');
        expect(await faultOf(made.call('wrong'))).toBe('wrong-type');
        expect((await made.call('output')).text()).toBe('ab');
      });
      test('a program without a function of its type', async () => {
        const made = await plugin('(module (func (export "_start") (param i32)))', where);
        expect(await errorOf(made.call('_start'))).toMatchObject({ kind: 'usage' });
      });
      test('the steps of a call share its limits', async () => {
        let asked = 0;
        const natives = { env: { ask: () => void asked++ } };
        const ofPlugin = await plugin(STEPS, { ...where, natives, limits: { fuel: 10_000 } });
        expect(await errorOf(ofPlugin.call('run', 'x'))).toMatchObject({ kind: 'limit', limit: 'fuel', value: 10_000 });
        expect(asked).toBe(2);
        const ofCall = await plugin(STEPS, { ...where, natives, limits: { fuel: 1_000_000, hostCalls: 3 } });
        expect(await errorOf(ofCall.call('run', 'x', { fuel: 10_000 }))).toMatchObject({
          limit: 'fuel',
          value: 10_000,
        });
        const { usage } = await ofCall.call('run', 'x');
        expect(usage).toMatchObject({ hostCalls: 3 });
        expect(usage!.fuel).toBeGreaterThan(10_000);
        const ofHost = await plugin(STEPS, { ...where, natives, limits: { hostCalls: 2 } });
        expect(await errorOf(ofHost.call('run', 'x'))).toMatchObject({ limit: 'hostCalls', value: 2 });
      });
      test('a call that was given up before it begins touches nothing', async () => {
        let asked = 0;
        const made = await plugin(STEPS, { ...where, natives: { env: { ask: () => void asked++ } } });
        const reason = new Error('enough');
        for (const called of ['run', 'absent']) {
          const error = await errorOf(made.call(called, 'x', { signal: AbortSignal.abort(reason) }));
          expect(error).toBeInstanceOf(LimitError);
          expect(error).toMatchObject({ limit: 'signal', cause: reason });
        }
        expect(asked).toBe(0);
        const program = await plugin(guest('upper'), where);
        const aborted = errorOf(program.call('_start', 'x', { signal: AbortSignal.abort(reason) }));
        expect(await aborted).toMatchObject({ limit: 'signal', cause: reason });
      });
    });
  }
}

test('what a plugin knows outlives a call that was given up', async () => {
  const made = await plugin(guest('greet'), {});
  await made.call('count', 'x');
  await errorOf(made.call('count', 'x', { signal: AbortSignal.abort() }));
  expect((await made.call('count', 'x')).json()).toMatchObject({ calls: 2 });
});

test('a call that is given up while others run does not wait for them', async () => {
  let go = (): void => {};
  const ask = { func: () => new Promise<void>((resolve) => (go = resolve)), async: true };
  const made = await plugin(STEPS, { mode: 'interp', natives: { env: { ask } } });
  const first = made.call('run', 'x');
  let over = false;
  void first.then(() => (over = true));
  const error = await errorOf(made.call('run', 'x', { signal: AbortSignal.abort() }));
  expect(error).toMatchObject({ limit: 'signal' });
  expect(over).toBe(false);
  const goOn = setInterval(() => go(), 1);
  expect((await first).text()).toBe('x');
  clearInterval(goOn);
});

test('an answer that comes after the end of its call takes no memory', async () => {
  let answer: ((response: { status: number; body: Uint8Array }) => void) | undefined;
  const abort = new AbortController();
  const http = () => {
    setImmediate(() => abort.abort());
    return new Promise<{ status: number; body: Uint8Array }>((resolve) => (answer = resolve));
  };
  const made = await plugin(guest('extism'), { mode: 'interp', extism: { http }, limits: { memoryBytes: 8 << 20 } });
  const hoarded = (await made.call('hoard')).text();
  const ended = await errorOf(made.call('fetch', 'http://example.com', { signal: abort.signal }));
  expect(ended).toMatchObject({ limit: 'signal' });
  answer!({ status: 200, body: new Uint8Array(4 << 20) });
  expect((await made.call('hoard')).text()).toBe(hoarded);
});

test('a function that the module only passes on', async () => {
  const natives = { env: { both: { signature: '(ii)I', func: () => (64n << 32n) | 2n } } };
  const text = `(module (import "env" "both" (func $both (param i32 i32) (result i64))) (memory (export "memory") 1)
    (data (i32.const 64) "hi") ${malloc('128')} ${FREE} (export "run" (func $both)))`;
  for (const mode of ['host', 'jit', 'interp'] as const) {
    expect((await (await plugin(text, { mode, natives })).call('run', 'x')).text()).toBe('hi');
  }
});
