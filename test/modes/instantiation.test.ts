// What instantiating a module may take before its code runs: each limit that instantiation meets is named with its usage, and deadlines hold.
import { expect } from 'vitest';
import type { LimitName } from '#src/wasm/limit-table.js';
import { limitError } from '../helpers/failure.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { type ModeCase, type ModeWorld, modeCases } from './mode-cases.js';

function expectNothingLeft({ runtime }: ModeWorld): void {
  expect(runtime.instances).toEqual([]);
  expect(runtime.usage.memoryBytes).toBe(0);
}

const wants = (text: string, limit: LimitName, value: number, options = {}): ModeCase => ({
  name: `${limit}: ${text.slice(0, 60)}`,
  run(world) {
    const error = limitError(() => world.start(`(module ${text})`, { limits: { [limit]: value }, ...options }));
    expect(error.limit).toBe(limit);
    expect(error.value).toBe(value);
    expect(error.usage).toMatchObject({ hostCalls: 0, memoryBytes: 0 });
    expectNothingLeft(world);
  },
});

modeCases('instantiation', [
  wants('(memory 20)', 'memoryBytes', 65_536),
  wants('(memory 1) (table 1000 funcref)', 'memoryBytes', 66_000),
  wants('(table 20 funcref)', 'tableElements', 5),
  {
    name: 'tables have a limit where none was given',
    run(world) {
      const error = limitError(() => world.start(`(module ${'(table 9000000 externref)'.repeat(50)})`));
      expect([error.limit, error.value]).toEqual(['tableElements', 10_000_000]);
      expectNothingLeft(world);
    },
  },
  wants('(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))', 'openFiles', 2),
  {
    name: 'time: a table takes longer than there is',
    failsIn: { host: 'the host makes a table in one go' },
    run(world) {
      const spent = startProcessorTime();
      const error = limitError(() => world.start('(module (table 10000000 externref))', { limits: { timeoutMs: 20 } }));
      expect(error.limit).toBe('timeoutMs');
      expect(error.usage!.wallMs).toBeGreaterThanOrEqual(20);
      expect(spent()).toBeLessThan(20 + 500);
      expectNothingLeft(world);
    },
  },
  {
    name: 'time: what a call left behind is not the deadline of the next instantiation',
    run(world) {
      const first = world.start('(module (func (export "run")))', { limits: { timeoutMs: 60_000 } });
      first.lookupFunction('run')!.call();
      world.pass(100_000);
      world.start('(module (table 500000 externref))');
      world.start('(module (table 500000 externref))', { limits: { timeoutMs: 60_000 } });
    },
  },
]);

modeCases('instantiation after other instances ended', [
  {
    name: 'garbage of an ended guest, which the host has not collected, leaves the next one its memory',
    initArgs: { limits: { memoryBytes: 4 << 20 } },
    run(world) {
      const garbage = `(module (type $s (struct (field i32))) (func (export "run")
        (loop (drop (struct.new $s (i32.const 1))) (br 0))))`;
      for (let again = 0; again < 3; again++) {
        const guest = world.start(garbage);
        const error = limitError(() => guest.lookupFunction('run')!.call());
        expect([error.limit, error.value]).toEqual(['memoryBytes', 4 << 20]);
        guest.deinstantiate();
        expectNothingLeft(world);
        world.start('(module (memory 60))').deinstantiate();
      }
    },
  },
]);
