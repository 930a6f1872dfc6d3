// The words of ENCLASM_WEBASSEMBLY as options of a namespace: those of `enclasm run` that a namespace has, and totals of what is used up. Refuses unknown
// words and values.
import { LIMIT_NAMES, type LimitName, limitRow, namespaceLimits } from '../entry/tables.js';
import type { NamespaceOptions } from '../entry/webassembly.js';
import { CliError } from './cli-error.js';
import { OPTIONS, type OptionRow } from './command-options.js';
import { LIMIT_OPTIONS, type LimitOptionName } from './limit-options.js';
import { type OptionTable, parse } from './parse.js';

export const VARIABLE = 'ENCLASM_WEBASSEMBLY';

/** An option that gives a limit: of each call, or of all together. */
interface LimitWord {
  readonly limit: LimitName;
  readonly of: 'limits' | 'total';
  readonly row: OptionRow;
}

/** By the name of the option. */
const LIMIT_WORDS: ReadonlyMap<string, LimitWord> = new Map<string, LimitWord>(
  LIMIT_NAMES.flatMap((limit) => {
    const { option, ofNamespace } = limitRow(limit);
    if (option === undefined || ofNamespace === undefined) return [];
    const row: OptionRow = LIMIT_OPTIONS[option.name as LimitOptionName];
    const total: LimitWord = { limit, of: 'total', row: { ...row, help: `${row.help}, all calls together` } };
    if (ofNamespace === 'held') return [[option.name, { limit, of: 'total', row }]];
    const words: [string, LimitWord][] = [[option.name, { limit, of: 'limits', row }]];
    return ofNamespace === 'used up' ? [...words, [`total-${option.name}`, total]] : words;
  }),
);

const { mode, usage } = OPTIONS;
export const REGISTER_OPTIONS: OptionTable & { readonly mode: typeof mode; readonly usage: typeof usage } = {
  mode,
  ...Object.fromEntries([...LIMIT_WORDS].map(([name, { row }]) => [name, row])),
  usage,
};
const NAMES = Object.keys(REGISTER_OPTIONS);

/** @param text the variable's value @throws CliError */
export function registerOptions(text: string): { readonly options: NamespaceOptions; readonly usage: boolean } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const { options: given, operands } = parse(REGISTER_OPTIONS, NAMES, words, VARIABLE);
  if (operands.length > 0) throw new CliError(`${VARIABLE}: '${operands[0]}' is no option; they begin with --`);
  const amounts = { limits: {} as Record<string, number>, total: {} as Record<string, number> };
  for (const [name, { limit, of }] of LIMIT_WORDS) {
    const amount = given[name];
    if (typeof amount === 'number') amounts[of][limit] = amount;
  }
  // Time is counted only where a limit asks for it.
  const times = namespaceLimits('used up').filter((limit) => limitRow(limit).unit === 'ms');
  if (given.usage) for (const limit of times) amounts.total[limit] ??= Number.POSITIVE_INFINITY;
  return { options: { mode: given.mode, ...amounts }, usage: given.usage ?? false };
}
