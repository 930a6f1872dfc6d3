// Output that is held back: the same bytes in the same order as without, in one crossing where it is short; nothing waits for long, and nothing is lost.
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEnclavePool, type EnclavePool, type ProgramOptions, type TransportName } from '#src/entry/enclave.js';
import { Trap } from '#src/wasm/errors.js';
import { assemble, projectRoot } from '../helpers/wat.js';

const entry = join(projectRoot(), 'dist/entry/enclave-main.js');
/** Parts of two letters: `(call $write FD OFFSET)`. */
const program = (body: string): Uint8Array =>
  assemble(`(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "env" "ask" (func $ask))
  (memory (export "memory") 2)
  (data (i32.const 1024) "abcdefgh")
  (func $write (param $fd i32) (param $at i32)
    (i32.store (i32.const 0) (i32.add (i32.const 1024) (local.get $at))) (i32.store (i32.const 4) (i32.const 2))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $many (param $bytes i32)
    (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (local.get $bytes))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $sleep (param $ms i64)
    (i32.store (i32.const 80) (i32.const 1)) (i64.store (i32.const 88) (i64.mul (local.get $ms) (i64.const 1000000)))
    (drop (call $poll_oneoff (i32.const 64) (i32.const 256) (i32.const 1) (i32.const 8))))
  (func (export "_start") ${body}))`);
const OUT = '(call $write (i32.const 1) (i32.const 0))';
const ERR = '(call $write (i32.const 2) (i32.const 2))';
const OUT_TOO = '(call $write (i32.const 1) (i32.const 4))';

const pools: EnclavePool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
interface Said {
  readonly events: string[];
  /** What crossed, there and back. */
  readonly packets: string[];
  readonly outcome: Promise<unknown>;
}
async function run(transport: TransportName, bytes: Uint8Array, more: ProgramOptions = {}): Promise<Said> {
  const packets: string[] = [];
  const enclave = { transport, entry, observePacket: ({ name }: { readonly name: string }) => void packets.push(name) };
  const pool = createEnclavePool({ size: 1, spares: 0, enclave });
  pools.push(pool);
  const module = pool.program(bytes);
  const events: string[] = [];
  const note = (what: string) => (part: Uint8Array) => {
    events.push(`${what} ${part.length > 8 ? part.length : new TextDecoder().decode(part)}`);
  };
  const natives = { env: [{ symbol: 'ask', signature: '()', func: () => void events.push('asked') }] };
  const options = { stdout: note('out'), stderr: note('err'), natives, holdOutputMs: 50, ...more };
  await pool.warm();
  const outcome = pool.runProgram(module, options);
  return { events, packets, outcome };
}

describe.each<TransportName>(['worker', 'process'])('held output, %s', (transport) => {
  test('what is short crosses with the answer, in its order', async () => {
    const { events, packets, outcome } = await run(transport, program(`${OUT} ${OUT_TOO} ${ERR} ${OUT}`));
    await outcome;
    expect(events).toEqual(['out abef', 'err cd', 'out ab']);
    expect(packets.slice(packets.indexOf('RUN_PROGRAM'))).toEqual(['RUN_PROGRAM']);
  });
  test('it comes before a native is called', async () => {
    const { events, outcome } = await run(transport, program(`${OUT} (call $ask) ${ERR}`));
    await outcome;
    expect(events).toEqual(['out ab', 'asked', 'err cd']);
  });
  test.each([
    ['that computes', '(loop $again (br $again))'],
    ['that sleeps', '(call $sleep (i64.const 60000))'],
  ])('it does not wait for a program %s', async (_, then) => {
    const part = await new Promise<Uint8Array>((stdout, reject) => {
      run(transport, program(`${OUT} ${then}`), { stdout }).then(
        ({ outcome }) => outcome.then(reject, () => {}),
        reject,
      );
    });
    expect(new TextDecoder().decode(part)).toBe('ab');
  });
  test('it is not lost where the program traps', async () => {
    const { events, outcome } = await run(transport, program(`${OUT} ${ERR} (unreachable)`));
    await expect(outcome).rejects.toBeInstanceOf(Trap);
    expect(events).toEqual(['out ab', 'err cd']);
  });
  test('no more than 16 KiB are held', async () => {
    const { events, outcome } = await run(
      transport,
      program('(call $many (i32.const 9000)) (call $many (i32.const 9000)) (call $many (i32.const 20000)) (call $ask)'),
    );
    await outcome;
    expect(events).toEqual(['out 9000', 'out 9000', 'out 20000', 'asked']);
  });
  test('a function may take its time; nothing is left of it when the run has ended', async () => {
    const parts: string[] = [];
    const stdout = async (part: Uint8Array): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      parts.push(new TextDecoder().decode(part));
    };
    const { outcome } = await run(transport, program(`${OUT} (call $ask) ${OUT_TOO}`), { stdout });
    await outcome;
    expect(parts).toEqual(['ab', 'ef']);
  });
  test('what a function throws comes out of the run', async () => {
    const mine = new Error('mine');
    const stdout = (): never => {
      throw mine;
    };
    const { outcome } = await run(transport, program(OUT), { stdout });
    await expect(outcome).rejects.toBe(mine);
  });
});

test('where the enclave cannot wait, output comes with each write', async () => {
  const { events, outcome } = await run('same-thread', program(`${OUT} ${ERR} (call $ask)`));
  await outcome;
  expect(events).toEqual(['out ab', 'err cd', 'asked']);
});
test.each([-1, Number.NaN, '50'])('%s is no time to hold output', async (holdOutputMs) => {
  const { outcome } = await run('same-thread', program(OUT), { holdOutputMs: holdOutputMs as number });
  await expect(outcome).rejects.toThrow('holdOutputMs');
});
