// The words of ENCLASM_WEBASSEMBLY as options of a namespace: those of `enclasm run`, and totals. Refuses unknown words and values.
import type { NamespaceOptions } from '../entry/webassembly.js';
import { CliError } from './cli-error.js';
import { OPTIONS } from './command-options.js';
import { type OptionTable, parse } from './parse.js';

export const VARIABLE = 'ENCLASM_WEBASSEMBLY';

const { mode, fuel, timeout, memory } = OPTIONS;

export const REGISTER_OPTIONS = {
  mode,
  fuel,
  timeout,
  'stack-size': OPTIONS['stack-size'],
  memory,
  'total-fuel': { ...fuel, help: 'end every call once all together have run this many instructions' },
  'total-timeout': { ...timeout, help: 'end every call once all together have taken this time' },
  usage: OPTIONS.usage,
} as const satisfies OptionTable;
const NAMES = Object.keys(REGISTER_OPTIONS) as (keyof typeof REGISTER_OPTIONS)[];

/** @param text the variable's value @throws CliError */
export function registerOptions(text: string): { readonly options: NamespaceOptions; readonly usage: boolean } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const { options: given, operands } = parse(REGISTER_OPTIONS, NAMES, words, VARIABLE);
  if (operands.length > 0) throw new CliError(`${VARIABLE}: '${operands[0]}' is no option; they begin with --`);
  const usage = given.usage ?? false;
  // Time is counted only where a limit asks for it.
  const totalTime = given['total-timeout'] ?? (usage ? Number.POSITIVE_INFINITY : undefined);
  return {
    options: {
      mode: given.mode,
      limits: { fuel: given.fuel, timeoutMs: given.timeout, stackBytes: given['stack-size'] },
      total: { fuel: given['total-fuel'], timeoutMs: totalTime, memoryBytes: given.memory },
    },
    usage,
  };
}
