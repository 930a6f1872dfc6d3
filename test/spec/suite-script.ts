// A script of the official suite: run with the features that its folder stands for, and with the skip list.

import { ALL_FEATURES, type Feature, type FeatureSet } from '#src/wasm/features.js';
import { runScript, type ScriptOptions } from '#src/wast/run-script.js';
import type { ScriptReport as Report } from '#src/wast/script-report.js';
import type { SpecTarget } from '#src/wast/script-target.js';
import { assemble } from '../helpers/wat.js';
import { startThread } from './script-threads.js';
import { findSkip, SKIPS } from './skips.js';

export interface ScriptReport extends Report {
  readonly file: string;
  readonly milliseconds: number;
}

/** Not part of WebAssembly 3.0: each is on only for the scripts of its own folder. */
const OUTSIDE_CORE: readonly Feature[] = ['legacy-exceptions', 'threads', 'wide-arithmetic', 'custom-page-sizes'];

// The scripts of this proposal are older than WebAssembly 2.0 and assert that some of its additions are refused.
const NOT_WITH_THREADS: readonly Feature[] = ['reference-types', 'multi-memory'];

function without(features: Iterable<Feature>, removed: readonly Feature[]): FeatureSet {
  return new Set([...features].filter((feature) => !removed.includes(feature)));
}

const CORE = without(ALL_FEATURES, OUTSIDE_CORE);

/** By the folder of a proposal. */
const FEATURES_OF: Readonly<Record<string, FeatureSet>> = {
  legacy: new Set([...CORE, 'legacy-exceptions']),
  threads: without([...CORE, 'threads'], NOT_WITH_THREADS),
  'wide-arithmetic': new Set([...CORE, 'wide-arithmetic']),
  'custom-page-sizes': new Set([...CORE, 'custom-page-sizes']),
};

/** `file` is the script's path in the suite without `.wast`; `mode` chooses the entries of the skip list. */
export function optionsFor(file: string, mode: string, skips = SKIPS): ScriptOptions {
  const folder = /^(?:proposals\/)?([^/]+)\//.exec(file)?.[1];
  return {
    assemble,
    features: FEATURES_OF[folder ?? ''] ?? CORE,
    skipOf: (command) => findSkip(skips, file, command, mode),
    startThread: (thread) => startThread(file, mode, thread),
  };
}

export function runSuiteScript(
  file: string,
  text: string,
  target: SpecTarget,
  mode: string,
  skips = SKIPS,
): ScriptReport {
  const start = performance.now();
  const report = runScript(text, target, optionsFor(file, mode, skips));
  return { ...report, file, milliseconds: performance.now() - start };
}
