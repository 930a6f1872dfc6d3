// Commands of the suite that are expected not to pass, each with its reason. An entry that passes is a failure.
import type { Command } from '#src/wast/script-commands.js';
import type { Skip } from '#src/wast/script-report.js';

export interface ListedSkip extends Skip {
  /** Name of the script: its path in the suite without `.wast`. */
  readonly file: string | RegExp;
  /** Modes the entry is for; all when absent. */
  readonly modes?: readonly string[];
  readonly kind?: Command['kind'];
  /** What the assertion's text must match. */
  readonly text?: RegExp;
  /** What a text module must match. */
  readonly source?: RegExp;
}

/** Whole scripts that are out of scope. */
export const EXCLUDED_FILES: readonly { readonly file: RegExp; readonly reason: string }[] = [
  { file: /^proposals\/custom-descriptors\//, reason: 'proposal out of scope: custom descriptors' },
];

export const SKIPS: readonly ListedSkip[] = [
  {
    file: /^proposals\/threads\//,
    modes: ['node'],
    kind: 'assert_invalid',
    text: /^multiple (tables|memories)/,
    mayPass: true,
    reason: 'the proposal is older than multiple tables and memories, which the host cannot switch off',
  },
  {
    file: 'threads/wait_notify',
    modes: ['host-fuel', 'jit-fuel', 'jit-plain', 'tiered-fuel', 'interp-tree'],
    kind: 'assert_return',
    neverRun: true,
    reason:
      'two engines run each call one after the other, and the first would wait for what only the other thread does',
  },
];

function sourceText(command: Command): string {
  if (!('source' in command) || command.source.form === 'binary') return '';
  return command.source.text ?? '';
}

/** The entry for a command of a script in a mode. */
export function findSkip(
  skips: readonly ListedSkip[],
  file: string,
  command: Command,
  mode: string,
): ListedSkip | undefined {
  return skips.find(
    (skip) =>
      (typeof skip.file === 'string' ? skip.file === file : skip.file.test(file)) &&
      (skip.modes === undefined || skip.modes.includes(mode)) &&
      (skip.kind === undefined || skip.kind === command.kind) &&
      (skip.text === undefined || ('text' in command && skip.text.test(command.text))) &&
      (skip.source === undefined || skip.source.test(sourceText(command))),
  );
}
