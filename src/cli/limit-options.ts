// The options that set limits, from the table of limits. Refuses nothing itself.
import { LIMIT_NAMES, type LIMITS, type LimitName, type LimitOptions, limitRow } from '../entry/tables.js';

type Rows = typeof LIMITS;
/** The names of the options that set limits. */
export type LimitOptionName = {
  [Limit in LimitName]: Rows[Limit] extends { readonly option: { readonly name: infer Name extends string } }
    ? Name
    : never;
}[LimitName];

/** How the command line writes amounts of a unit; other units are counts. */
const BY_UNIT = { ms: ['duration', 'MS'], bytes: ['size', 'SIZE'] } as const;

export interface LimitOptionRow {
  readonly kind: 'count' | 'size' | 'duration';
  readonly metavar: string;
  readonly help: string;
  readonly otherwise?: string;
}

/** The rows of these options in the table of options. */
export const LIMIT_OPTIONS = Object.fromEntries(
  LIMIT_NAMES.flatMap((limit) => {
    const { unit, option } = limitRow(limit);
    if (!option) return [];
    const [kind, metavar] = unit === 'ms' || unit === 'bytes' ? BY_UNIT[unit] : (['count', 'N'] as const);
    const { name, help, otherwise } = option;
    return [[name, { kind, metavar, help, ...(otherwise !== undefined && { otherwise }) }]];
  }),
) as Readonly<Record<LimitOptionName, LimitOptionRow>>;
export const LIMIT_OPTION_NAMES = Object.keys(LIMIT_OPTIONS) as LimitOptionName[];

/** Returns the option that raises a limit: '--fuel'. */
export function optionOf(limit: LimitName): string | undefined {
  const { option } = limitRow(limit);
  return option && `--${option.name}`;
}
/** Whether an option sets a limit of the instance. */
export function setsLimit(limit: LimitName): boolean {
  const { option } = limitRow(limit);
  return option !== undefined && option.initArg === undefined;
}
/** Returns the limits of the instance that the given options set. */
export function limitsOf(options: { readonly [Name in LimitOptionName]?: number }): LimitOptions {
  const given = LIMIT_NAMES.filter(setsLimit).map((limit) => {
    const { name } = limitRow(limit).option!;
    return [limit, options[name as LimitOptionName]];
  });
  return Object.fromEntries(given);
}
/** Returns these options as text, for a sentence of the documents. */
export function limitOptions(): string {
  const names = LIMIT_NAMES.filter(setsLimit).map((limit) => `\`${optionOf(limit)}\``);
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
