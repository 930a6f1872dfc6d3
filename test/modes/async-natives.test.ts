// Async natives: a mode that pauses waits for them, the others refuse with the way out, and `auto` takes a mode that can wait. In an enclave that can wait
// every mode does.
import { describe, expect, test } from 'vitest';
import type { RuntimeInitArgs } from '#src/embed/init/init-args.js';
import { Runtime } from '#src/entry/runtime.js';
import { failure } from '../helpers/failure.js';
import { assemble } from '../helpers/wat.js';
import { open, SUBJECTS } from '../transports/enclaves.js';
import { modeCases } from './mode-cases.js';

const TEXT = `(module (import "env" "later" (func $later (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (i32.add (call $later (local.get 0)) (i32.const 1))))`;
const LATER = {
  symbol: 'later',
  signature: '(i)i',
  async: true,
  func: async (_env: unknown, value: number) => value * 2,
};
const natives = { env: [LATER] };

modeCases('async natives', [
  {
    name: 'are waited for where the mode pauses, and refused with the way out elsewhere',
    async run({ start }) {
      const run = start(TEXT, { natives }).lookupFunction('run')!;
      expect(String(failure(() => run.call(20)))).toMatch(/'env.later' is async: .* mode 'interp', or in an enclave/);
      if (run.canPause) expect(await run.callAsync([20])).toEqual([41]);
      else await expect(run.callAsync([20])).rejects.toThrow(/cannot pause a call: .* mode 'interp'; in an enclave/);
    },
  },
]);

describe('mode auto and async natives', () => {
  const args: RuntimeInitArgs = {};
  test.each(['of the instance', 'of the runtime'])('%s: it takes a mode that can wait', async (where) => {
    const runtime = Runtime.init(args);
    try {
      if (where === 'of the runtime') runtime.registerNatives('env', [LATER]);
      const module = runtime.load(assemble(TEXT));
      const instance = runtime.instantiate(module, where === 'of the runtime' ? {} : { natives });
      expect(instance.mode).toBe('interp');
      expect(instance.modeReason).toContain('it cannot wait for the async native env.later');
      expect(await instance.lookupFunction('run')!.callAsync([20])).toEqual([41]);
    } finally {
      runtime.destroy();
    }
  });
  test('one that hides an async native leaves the choice as it was', () => {
    const runtime = Runtime.init(args);
    try {
      runtime.registerNatives('env', [LATER]);
      const own = { env: [{ symbol: 'later', signature: '(i)i', func: (_env: unknown, value: number) => value }] };
      const instance = runtime.instantiate(runtime.load(assemble(TEXT)), { natives: own });
      expect(instance.mode).not.toBe('interp');
      expect(instance.lookupFunction('run')!.call(20)).toEqual([21]);
    } finally {
      runtime.destroy();
    }
  });
});

for (const subject of SUBJECTS.filter(({ waits }) => waits)) {
  const modes = subject.name === 'same-thread' ? (['auto', 'interp'] as const) : (['host', 'jit', 'interp'] as const);
  test(`async natives in an enclave, ${subject.name}: every mode that can wait does`, async () => {
    const enclave = await open(subject);
    try {
      await enclave.initRuntime();
      const { module } = await enclave.loadModule({ bytes: assemble(TEXT) });
      const later = enclave.natives('env', [{ ...LATER, func: async (_env, value) => (value as number) * 2 }]);
      for (const mode of modes) {
        const { instance } = await enclave.instantiateModule({ module, options: { mode, natives: [later] } });
        const { results } = await enclave.execAppFunc({ instance, name: 'run', argv: ['20'] });
        expect(results).toEqual(['0x29:i32']);
      }
    } finally {
      await enclave.close();
    }
  });
}
