// Commands of the suite that are expected not to pass, each with its reason. An entry that passes is a failure.
import type { Command } from './wast.js';

export interface Skip {
  /** Name of the script: its path in the suite without `.wast`. */
  readonly file: string | RegExp;
  /** Modes the entry is for; all when absent. */
  readonly modes?: readonly string[];
  readonly kind?: Command['kind'];
  /** What the assertion's text must match. */
  readonly text?: RegExp;
  /** What a text module must match. */
  readonly source?: RegExp;
  /** True when the command must not even be run. */
  readonly neverRun?: boolean;
  /** True when it depends on the host whether the command passes. */
  readonly mayPass?: boolean;
  readonly reason: string;
}

/** Whole scripts that are out of scope. */
export const EXCLUDED_FILES: readonly { readonly file: RegExp; readonly reason: string }[] = [
  { file: /^proposals\/custom-descriptors\//, reason: 'proposal out of scope: custom descriptors' },
];

/** Reason for text that the assembler refuses where the script wants it refused: automatic, not listed one by one. */
export const TEXT_ONLY = 'text format: malformedness that never reaches a binary';

export const SKIPS: readonly Skip[] = [
  {
    file: /^proposals\/threads\//,
    modes: ['node'],
    kind: 'assert_invalid',
    text: /^multiple (tables|memories)/,
    mayPass: true,
    reason: 'the proposal is older than multiple tables and memories, which the host cannot switch off',
  },
];

function sourceText(command: Command): string {
  if (!('source' in command) || command.source.form === 'binary') return '';
  return command.source.text ?? '';
}

/** The entry for a command of a script in a mode. */
export function findSkip(skips: readonly Skip[], file: string, command: Command, mode: string): Skip | undefined {
  return skips.find(
    (skip) =>
      (typeof skip.file === 'string' ? skip.file === file : skip.file.test(file)) &&
      (skip.modes === undefined || skip.modes.includes(mode)) &&
      (skip.kind === undefined || skip.kind === command.kind) &&
      (skip.text === undefined || ('text' in command && skip.text.test(command.text))) &&
      (skip.source === undefined || skip.source.test(sourceText(command))),
  );
}
