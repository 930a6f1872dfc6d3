// Which convention a module was compiled for, by the names that it exports and imports. Data and choice only: the steps stand beside.
// Refuses modules that fit none, saying what each would need.
import { EXTISM_MODULE } from '../../imports/extism/functions.js';
import { PluginError } from '../../runtime/plugin-error.js';

/**
 * How a plugin takes its input and gives its output:
 *
 * - `wasi-command`: a program: input is its standard input, output its standard output; a new instance for each call
 * - `extism`: the guest ABI of Extism: functions of `extism:host/env`
 * - `assemblyscript`: String or ArrayBuffer in and out, by the runtime that `--exportRuntime` exports
 * - `pointer-length`: an address and a length, in memory of `malloc` and `free`, or `alloc` and `dealloc`
 */
export type PluginConvention = 'wasi-command' | 'extism' | 'assemblyscript' | 'pointer-length';

/** The names of a module's imports and exports. */
export interface ModuleNames {
  readonly imports: readonly { readonly module: string }[];
  readonly exports: readonly { readonly name: string }[];
}

type Fits = (exported: ReadonlySet<string>, imported: ReadonlySet<string>) => boolean;
const FITS: Readonly<Record<PluginConvention, readonly [what: string, fits: Fits]>> = {
  extism: [`imports from '${EXTISM_MODULE}'`, (_exported, imported) => imported.has(EXTISM_MODULE)],
  assemblyscript: [
    'exports __new, __pin and __unpin (asc --exportRuntime)',
    (exported) => ['__new', '__pin', '__unpin'].every((name) => exported.has(name)),
  ],
  'wasi-command': ['exports _start', (exported) => exported.has('_start')],
  'pointer-length': [
    'exports malloc and free, or alloc and dealloc',
    (exported) => exported.has('malloc') || exported.has('alloc'),
  ],
};
/** In the order of the choice: the first that fits. */
export const PLUGIN_CONVENTIONS = Object.keys(FITS) as readonly PluginConvention[];

/**
 * @param wanted by name; undefined: the first that fits
 * @throws PluginError 'no-convention'
 */
export function conventionOf(
  { imports, exports }: ModuleNames,
  wanted: PluginConvention | undefined,
): PluginConvention {
  const exported = new Set(exports.map(({ name }) => name));
  const imported = new Set(imports.map(({ module }) => module));
  // An Extism function need not import anything, and an allocator is asked for where there is an input.
  if (wanted === 'extism' || wanted === 'pointer-length') return wanted;
  if (wanted !== undefined) {
    if (FITS[wanted][1](exported, imported)) return wanted;
    throw new PluginError('no-convention', `convention '${wanted}': a module that ${FITS[wanted][0]} is wanted`);
  }
  const found = PLUGIN_CONVENTIONS.find((one) => FITS[one][1](exported, imported));
  if (found !== undefined) return found;
  const all = PLUGIN_CONVENTIONS.map((one) => `'${one}' ${FITS[one][0]}`).join('; ');
  throw new PluginError('no-convention', `the module fits no convention of plugins: ${all}`);
}
