// The official suite in QuickJS, which has no WebAssembly: one fresh context for each file.
import { getQuickJS } from 'quickjs-emscripten';
import { bundleForQuickJs } from '../helpers/quickjs-bundle.js';
import type { Outcome } from './harness.js';
import type { SuiteFile } from './suite.js';

/** Runs inside: the namespace as the global one, the harness, and what collects its outcomes as text. */
const INSIDE = `
import { installHarness } from './test/js-api/harness.ts';
import { installWebAssembly } from './src/entry/webassembly-interp.ts';
import { interpEngine } from './src/engine/interp/interp-engine.ts';
import { jitEngine } from './src/engine/js/jit.ts';
import { barePlatform } from './src/platform/bare.ts';

const ENGINES = { interp: interpEngine, jit: jitEngine };
globalThis.console ??= { log() {} };
globalThis.begin = (mode, title) => {
  installWebAssembly({ mode }, { platform: barePlatform(), engines: [ENGINES[mode]()] });
  const finish = installHarness(globalThis, title);
  globalThis.outcomes = undefined;
  globalThis.finish = () => void finish().then((all) => { globalThis.outcomes = JSON.stringify(all); });
};`;

let bundle: Promise<string> | undefined;

export const quickJsTarget = {
  name: 'quickjs',
  modes: ['interp', 'jit'],
  async run(_: string, { name, scripts }: SuiteFile, mode: string): Promise<readonly Outcome[]> {
    bundle ??= bundleForQuickJs(INSIDE);
    const text = await bundle;
    const runtime = (await getQuickJS()).newRuntime();
    runtime.setMaxStackSize(1 << 20);
    const vm = runtime.newContext();
    const evaluate = (code: string, file: string): unknown =>
      vm.unwrapResult(vm.evalCode(code, file, { type: 'global' })).consume((handle) => vm.dump(handle));
    let failure: string | undefined;
    try {
      evaluate(text, 'enclasm.js');
      evaluate(`begin(${JSON.stringify(mode)}, ${JSON.stringify(name)})`, 'begin.js');
      for (const script of scripts) evaluate(script.text, script.path);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    try {
      evaluate('finish()', 'finish.js');
      while (runtime.hasPendingJob()) vm.runtime.executePendingJobs().dispose?.();
      const outcomes = JSON.parse(evaluate('outcomes', 'outcomes.js') as string) as Outcome[];
      return failure === undefined ? outcomes : [...outcomes, { name: 'the file', failure }];
    } finally {
      vm.dispose();
      runtime.dispose();
    }
  },
};
