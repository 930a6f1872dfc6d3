// Exec envs, exceptions, exit codes and modules while calls nest and others need them.
import { expect } from 'vitest';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { ExitError, UsageError } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { assemble } from '../helpers/wat.js';
import { modeCases } from './mode-cases.js';

const TRAPPING = '(module (func (export "trap") unreachable) (func (export "fine") (result i32) (i32.const 1)))';

modeCases('life cycles', [
  {
    name: "an instance's own exec env cannot be destroyed, nor another instance's; those of the embedder can",
    run({ start, runtime }) {
      const [a, b] = [start(TRAPPING), start(TRAPPING)];
      const env = b.createExecEnv();
      expect(failure(() => a.destroyExecEnv(a.execEnv))).toBeInstanceOf(UsageError);
      expect(failure(() => a.destroyExecEnv(b.execEnv))).toBeInstanceOf(UsageError);
      expect(failure(() => a.destroyExecEnv(env))).toBeInstanceOf(UsageError);
      expect([a, b].map((one) => one.lookupFunction('fine')!.call())).toEqual([[1], [1]]);
      b.destroyExecEnv(env);
      expect(String(failure(() => b.destroyExecEnv(env)))).toContain('has been destroyed');
      b.createExecEnv();
      expect(runtime.destroy().execEnvs).toBe(1);
    },
  },
  {
    name: 'a nested call that failed leaves its exception in its instance, and none in a call that went on',
    run({ start }) {
      const inner = start(TRAPPING);
      const seen: unknown[] = [];
      const n = (): void => {
        for (const one of [inner, outer]) {
          failure(() => one.lookupFunction('trap')!.call());
          seen.push(one.getException());
        }
      };
      const outer: WasmInstance = start(
        '(module (import "n" "n" (func $n)) (func (export "trap") unreachable) (func (export "run") (call $n)))',
        { imports: { n: { n } } },
      );
      outer.lookupFunction('run')!.call();
      expect(seen).toEqual(['Exception: unreachable', 'Exception: unreachable']);
      expect([inner.getException(), outer.getException()]).toEqual(['Exception: unreachable', null]);
      inner.lookupFunction('fine')!.call();
      expect(inner.getException()).toBeNull();
    },
  },
  {
    name: 'the exit code is what proc_exit was given, however _start was called',
    run({ start }) {
      const instance = start(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 7)))
        (func (export "nine") (call $exit (i32.const 9))))`);
      expect(instance.wasiExitCode).toBe(0);
      expect(failure(() => instance.lookupFunction('_start')!.call())).toBeInstanceOf(ExitError);
      expect(instance.wasiExitCode).toBe(7);
      expect(failure(() => instance.executeFunc('nine'))).toBeInstanceOf(ExitError);
      expect(instance.wasiExitCode).toBe(9);
      expect([instance.executeMain(), instance.wasiExitCode]).toEqual([7, 7]);
    },
  },
  {
    name: 'a module that loaded modules import from stays until they are unloaded',
    run({ runtime, mode }) {
      const user = runtime.load(assemble('(module (import "lib" "f" (func $f (result i32))) (export "f" (func $f)))'));
      const library = runtime.load(assemble('(module (func (export "f") (result i32) (i32.const 5)))'), {
        name: 'library',
      });
      runtime.registerModule('lib', library);
      expect(String(failure(() => library.unload()))).toContain('imported by module');
      const instance = runtime.instantiate(user, { mode });
      expect(String(failure(() => library.unload()))).toContain('live instances');
      expect(instance.lookupFunction('f')!.call()).toEqual([5]);
      instance.deinstantiate();
      user.unload();
      library.unload();
      const again = runtime.load(assemble('(module (import "lib" "f" (func)))'));
      const later = runtime.load(assemble('(module (func (export "f")))'));
      runtime.registerModule('lib', later);
      expect(again.unloaded).toBe(false);
      expect(runtime.destroy().modules).toHaveLength(2);
    },
  },
]);
