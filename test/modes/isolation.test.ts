// Guests share nothing but what they were given: no order of growing, linking, ending, failing and pausing lets one reach another's bytes,
// and what they do share they all see. Pools are small, so that a place that becomes free is taken by the next guest.
import { expect } from 'vitest';
import type { RuntimeInitArgs } from '#src/embed/init/init-args.js';
import type { WasmTable } from '#src/embed/instance/externs.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { LinkError, Trap, UsageError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { type ModeCase, type ModeWorld, modeCases } from './mode-cases.js';

const MIB = 1 << 20;
const pool: RuntimeInitArgs = { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 16 * MIB } } };

const call = (instance: WasmInstance, name: string, ...args: unknown[]): unknown =>
  instance.lookupFunction(name)!.call(...args)[0];

/** Guests that share nothing with anybody: as many as the pool has room for, or `most`. */
function bystanders({ start }: ModeWorld, most: number): WasmInstance[] {
  const made: WasmInstance[] = [];
  try {
    while (made.length < most) {
      made.push(start('(module (memory (export "memory") 1) (data (i32.const 100) "S"))', { mode: 'auto' }));
    }
  } catch {
    // The pool is full.
  }
  return made;
}
function expectUntouched(guests: readonly WasmInstance[]): void {
  expect(guests.length).toBeGreaterThan(0);
  for (const guest of guests) {
    const { bytes } = guest.getMemory()!;
    expect([bytes[100], bytes.reduce((sum, byte) => sum + byte, 0)]).toEqual([83, 83]);
  }
}

/** Instructions that do nothing, so many that mode jit compiles each function alone, when it is first called. */
const LONG = '(drop (i32.const 1))'.repeat(20_000);
const GROWER = `(module (import "env" "hook" (func $hook)) (memory (export "memory") 1 100)
  (func $store (export "store") (param i32) (i32.store (i32.const 0) (local.get 0)) ${LONG})
  (func $late (result i32) (i32.load (i32.const 4)) ${LONG})
  (func (export "load") (result i32) (i32.load (i32.const 0)) ${LONG})
  (func (export "growAndLink") (drop (memory.grow (i32.const 1))) (drop (call $late)) ${LONG})
  (func (export "nothing") ${LONG})
  (func (export "growAndStore") (param i32) (drop (memory.grow (i32.const 40))) (call $hook) (call $store (local.get 0)) ${LONG}))`;

const late = (initArgs: RuntimeInitArgs, name: string): ModeCase => ({
  name: `functions that are linked before and after a memory moves see the same memory (${name})`,
  initArgs,
  run(world) {
    const guests: WasmInstance[] = [];
    const hook = (): void => void guests.push(...bystanders(world, 3));
    const grower = world.start(GROWER, { imports: { env: { hook } } });
    call(grower, 'store', 1);
    world.runtime.malloc(70_000);
    call(grower, 'growAndLink');
    call(grower, 'nothing');
    world.runtime.malloc(70_000);
    call(grower, 'growAndStore', 0x41414141);
    expect(call(grower, 'load')).toBe(0x41414141);
    expect(grower.getMemory()!.bytes.slice(0, 4)).toEqual(new Uint8Array(4).fill(0x41));
    expectUntouched(guests);
    world.runtime.destroy();
  },
});

const SHARED = `(module (memory (export "memory") 1 100)
  (func (export "grow") (drop (memory.grow (i32.const 40))))
  (func (export "growAndTrap") (drop (memory.grow (i32.const 40))) (unreachable)))`;
const BESIDE = `(module (import "m" "memory" (memory 1 100)) (import "env" "hook" (func $hook))
  (func (export "calls") (call $hook)) (func (export "grows") (drop (memory.grow (i32.const 40)))))`;
const THROWER = `(module (import "m" "memory" (memory 1 100)) (tag $tag) (export "tag" (tag $tag))
  (func (export "growsAndThrows") (drop (memory.grow (i32.const 40))) (throw $tag)))`;
const touching = (before: string): string => `(i32.store (i32.const 0) (i32.const 1)) ${before}
  (i32.store (i32.const 0) (i32.const 42)) (i32.load (i32.const 0))`;
const USER = `(module (import "m" "memory" (memory 1 100)) (import "env" "hook" (func $hook))
  (import "b" "calls" (func $calls)) (import "b" "grows" (func $grows)) (import "m" "grow" (func $grow))
  (table 2 funcref) (elem (i32.const 0) $calls $grows)
  (func (export "viaCalls") (result i32) ${touching('(call $calls)')})
  (func (export "viaGrows") (result i32) ${touching('(call $grows)')})
  (func (export "viaGrow") (result i32) ${touching('(call $grow)')})
  (func (export "viaHook") (result i32) ${touching('(call $hook)')})
  (func (export "viaTable") (param i32) (result i32) ${touching('(call_indirect (local.get 0))')})
  (func (export "viaLoop") (param $n i32) (result i32)
    (loop $l (i32.store (i32.const 0) (local.get $n)) (if (i32.eq (local.get $n) (i32.const 500)) (then (call $grows)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 0))))`;

const WAYS: readonly (readonly [name: string, ...args: number[]])[] = [
  ['viaCalls'],
  ['viaGrows'],
  ['viaGrow'],
  ['viaHook'],
  ['viaTable', 0],
  ['viaTable', 1],
  ['viaLoop', 1000],
];

const grownElsewhere = ([name, ...args]: (typeof WAYS)[number]): ModeCase => ({
  name: `what another instance, a native or the embedder grows is grown for everybody: ${name} ${args.join()}`,
  run(world) {
    const wanted = name === 'viaLoop' ? 1 : 42;
    for (const hookGrows of ['call', 'bytes']) {
      const m = world.start(SHARED);
      const hook = hookGrows === 'call' ? () => call(m, 'grow') : () => m.getMemory()!.grow(40);
      const b = world.start(BESIDE, { imports: { m, env: { hook } } });
      const user = world.start(USER, { imports: { m, b, env: { hook } } });
      expect(call(user, name, ...args)).toBe(wanted);
      const { bytes } = m.getMemory()!;
      expect([bytes[0], bytes.length]).toEqual([wanted, 41 * 65_536]);
    }
  },
});

const grownBeforeThrow: ModeCase = {
  name: 'what is grown before an exception leaves the instance is grown for who catches it',
  run({ start }) {
    const m = start(SHARED);
    const b = start(THROWER, { imports: { m } });
    const user = start(
      `(module (import "m" "memory" (memory 1 100)) (import "b" "tag" (tag $tag)) (import "b" "growsAndThrows" (func $f))
        (func (export "run") (result i32) ${touching('(block $caught (try_table (catch $tag $caught) (call $f)))')}))`,
      { imports: { m, b } },
    );
    expect(call(user, 'run')).toBe(42);
    expect(m.getMemory()!.bytes[0]).toBe(42);
  },
};

/** A table, and a call through it. */
const HOLDER = `(module (table (export "t") 4 funcref)
  (func (export "peek") (param i32 i32) (result i32) (call_indirect (param i32) (result i32) (local.get 1) (local.get 0)))
  (func (export "peekTail") (param i32 i32) (result i32)
    (return_call_indirect (param i32) (result i32) (local.get 1) (local.get 0))))`;
const LENDER = `(module (import "l" "t" (table 4 funcref)) (memory 1) (data (i32.const 100) "mine")
  (func $read (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $sum (param i32) (result i32) (local $s i32)
    (loop $l (local.set $s (i32.add (local.get $s) (call $read (local.get 0))))
      (br_if $l (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 99))))
    (local.get $s))
  (elem (i32.const 1) $read $sum))`;

const ENDED = /has ended, was called$/;
function expectEnded(action: () => unknown): void {
  let error: unknown;
  try {
    action();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(ENDED);
}

const ended: ModeCase = {
  name: 'functions of an ended instance that others hold are a named error, however they are called',
  initArgs: pool,
  run(world) {
    const l = world.start(HOLDER);
    const lender = world.start(LENDER, { imports: { l } });
    expect([call(l, 'peek', 1, 100), call(l, 'peek', 2, 103)]).toEqual([109, 109 + 105 + 110 + 101]);
    const kept = (l.exports['t'] as WasmTable).get(1) as { call(...args: unknown[]): unknown };
    lender.deinstantiate();
    const guests = bystanders(world, 4);
    for (const slot of [1, 2]) {
      for (const way of ['peek', 'peekTail']) expectEnded(() => call(l, way, slot, 100));
    }
    expectEnded(() => kept.call(100));
    expectUntouched(guests);
    world.runtime.destroy();
  },
};
const endedUncaught: ModeCase = {
  name: 'guests cannot catch that an instance has ended',
  run({ start }) {
    const l = start(HOLDER);
    const lender = start(LENDER, { imports: { l } });
    const caller = start(
      `(module (import "l" "t" (table 4 funcref)) (func (export "f") (result i32)
        (block $caught (try_table (catch_all $caught)
          (drop (call_indirect (param i32) (result i32) (i32.const 100) (i32.const 1)))))
        (i32.const 7)))`,
      { imports: { l } },
    );
    lender.deinstantiate();
    expectEnded(() => call(caller, 'f'));
  },
};

const endedWithinACall: ModeCase = {
  name: 'an instance whose functions others hold cannot end while calls are on their way',
  run(world) {
    const l = world.start(HOLDER);
    const errors: unknown[] = [];
    const lender: WasmInstance = world.start(
      `(module (import "l" "t" (table 4 funcref)) (import "env" "end" (func $end)) (memory 1) (data (i32.const 9) "x")
        (func $f (param i32) (result i32) (call $end) (i32.load8_u (local.get 0))) (elem (i32.const 0) $f))`,
      {
        imports: {
          l,
          env: {
            end: () => {
              try {
                lender.deinstantiate();
              } catch (error) {
                errors.push(error);
              }
            },
          },
        },
      },
    );
    expect(call(l, 'peek', 0, 9)).toBe(120);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(UsageError);
    lender.deinstantiate();
    expectEnded(() => call(l, 'peek', 0, 9));
  },
};

const FAILING = (rest: string): string => `(module (import "l" "t" (table 4 funcref)) (memory 1 20)
  (data (i32.const 100) "mine")
  (func $read (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $grow (param i32) (result i32) (drop (memory.grow (i32.const 2))) (i32.store8 (local.get 0) (i32.const 5)) (call $read (local.get 0)))
  (elem (i32.const 1) $read $grow) ${rest})`;
const failed = (name: string, rest: string): ModeCase => ({
  name: `functions of an instance that failed (${name}) work for those who hold them, and for them alone`,
  initArgs: pool,
  run(world) {
    const l = world.start(HOLDER);
    expect(() => world.start(FAILING(rest), { imports: { l } })).toThrow(Trap);
    const guests = bystanders(world, 4);
    expect(call(l, 'peek', 1, 100)).toBe(109);
    expect(call(l, 'peek', 2, 65_536)).toBe(5);
    expect(call(l, 'peek', 1, 65_536)).toBe(5);
    expect(world.runtime.instances).toHaveLength(1 + guests.length);
    expectUntouched(guests);
    for (const guest of guests) guest.deinstantiate();
    // It ends with the last of those that it imports from.
    l.deinstantiate();
    expect(world.runtime.usage.memoryBytes).toBe(0);
  },
});

const failedUnloaded: ModeCase = {
  name: 'a module can be unloaded while functions of a failed instance are held: they keep their code',
  run({ runtime, start }) {
    const l = start(HOLDER);
    expect(() => start(FAILING('(data (i32.const 65536) "x")'), { imports: { l } })).toThrow(Trap);
    for (const module of runtime.modules) if (module.exports.length === 0) module.unload();
    // Takes the place of its code, where that became free.
    for (let i = 0; i < 5; i++) start('(module (func (export "f") (param i32) (result i32) (i32.const 666)))');
    expect(call(l, 'peek', 1, 100)).toBe(109);
  },
};

const countedAsInstances: ModeCase = {
  name: 'failed instances that stay count as instances: nobody fills the runtime with them',
  initArgs: { limits: { instances: 3 } },
  run(world) {
    const l = world.start(HOLDER);
    const fail = (): unknown => world.start(FAILING('(data (i32.const 65536) "x")'), { imports: { l } });
    for (let i = 0; i < 2; i++) expect(fail).toThrow(Trap);
    expect(fail).toThrow('limit instances reached (3)');
    l.deinstantiate();
    world.start(HOLDER);
  },
};

const subInstancesCounted: ModeCase = {
  name: 'an instance and those that it brings along are counted together before they are made',
  initArgs: { limits: { instances: 2 } },
  run({ start, runtime }) {
    const part = '(module (func (export "f")))';
    for (const name of ['a', 'b']) runtime.registerModule(name, runtime.load(assemble(part)));
    const from = (...names: string[]): string =>
      `(module ${names.map((name) => `(import "${name}" "f" (func))`).join(' ')})`;
    expect(() => start(from('a', 'b'))).toThrow('limit instances reached (2)');
    start(from('a')).deinstantiate();
    expect(() => start(from('a', 'c'), { strictLinking: true })).toThrow(LinkError);
    start(from('b'));
    expect(() => start(part)).toThrow('limit instances reached (2)');
  },
};

const failedAlone: ModeCase = {
  name: 'what fails without having shared with any instance leaves nothing, whatever its natives were given',
  run({ start, runtime }) {
    const failing = `(module (import "env" "keep" (func $keep (param funcref))) (memory 3) (elem declare func $start)
      (func $start (call $keep (ref.func $start)) (unreachable)) (start $start))`;
    for (let i = 0; i < 3; i++) expect(() => start(failing, { imports: { env: { keep: () => {} } } })).toThrow(Trap);
    expect(runtime.usage.memoryBytes).toBe(0);
  },
};

const madeMeanwhile: ModeCase = {
  name: 'instances that a native makes during an instantiation that fails are not its own to end',
  run({ start }) {
    const made: WasmInstance[] = [];
    const make = (): void => void made.push(start('(module (memory 1) (data (i32.const 0) "x"))'));
    const failing = `(module (import "env" "make" (func $make)) (func $start (call $make) (unreachable)) (start $start))`;
    expect(() => start(failing, { imports: { env: { make } } })).toThrow(Trap);
    expect(made.map((one) => one.getMemory()!.bytes[0])).toEqual([120]);
  },
};

modeCases('isolation', [
  late({}, 'system'),
  late(pool, 'pool'),
  ...WAYS.map(grownElsewhere),
  grownBeforeThrow,
  ended,
  endedUncaught,
  endedWithinACall,
  failed('a segment', '(data (i32.const 65536) "x")'),
  failed('a start function', '(func $start (unreachable)) (start $start)'),
  failedUnloaded,
  subInstancesCounted,
  madeMeanwhile,
  failedAlone,
  countedAsInstances,
]);
