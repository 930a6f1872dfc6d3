// Compiles a validated module to the text of a JavaScript module that runs it. Loading that module makes no code from text.
import { encodeBase64 } from '../../base/base64.js';
import { sha256 } from '../../base/sha256.js';
import { aBoolean, anObject, type Checks, checkOptions, isA, oneOf } from '../../runtime/check-options.js';
import { UsageError } from '../../wasm/errors.js';
import type { ValidatedModule } from '../../wasm/module.js';
import type { FuncType } from '../../wasm/types.js';
import {
  AOT_FORMAT,
  type AotHeader,
  type AotTarget,
  codeHash,
  LINK_START,
  SIGNATURES_START,
  sealText,
} from './aot-format.js';
import { adapterText, emitChunk, enterText } from './emit-group.js';
import type { EmitOptions } from './emit-options.js';
import { signatureKey } from './js-signature.js';
import { ModuleInfo } from './module-info.js';
import { refusal } from './refusal.js';

/**
 * What an instance of the compiled code can do: run without limits, with a deadline or an AbortSignal, with exact fuel and call depth, or with the
 * latter and observers of its functions and places.
 * Each ability is a copy of the code; a file with a stronger one also serves instances that need less.
 */
export type AotAbility = 'plain' | 'deadline' | 'fuel' | 'observed';

/** How a module is compiled ahead of time. */
export interface AotOptions {
  /** The default is 'node'. 'hermes' gives a CommonJS module, the others ES modules. The code for 'hermes' and 'jitless' is written to be interpreted. */
  readonly target?: AotTarget | undefined;
  /** The default is ['plain', 'deadline']. */
  readonly abilities?: readonly AotAbility[] | undefined;
  /** NaNs are made canonical. */
  readonly deterministic?: boolean | undefined;
  /** The WebAssembly module is left out; the code that loads the file provides it. */
  readonly withoutWasm?: boolean | undefined;
}

const ABILITIES: Readonly<Record<AotAbility, Pick<EmitOptions, 'metered' | 'ticks' | 'depth' | 'observed'>>> = {
  plain: { metered: false, ticks: false, depth: false },
  deadline: { metered: false, ticks: true, depth: false },
  fuel: { metered: true, ticks: false, depth: true },
  observed: { metered: true, ticks: false, depth: true, observed: { functions: true, places: true } },
};

/** The targets whose JavaScript engines compile nothing. */
const INTERPRETED: ReadonlySet<AotTarget> = new Set(['jitless', 'hermes']);

const CHECKS: Checks<AotOptions> = {
  target: oneOf('node', 'browser', 'worker', 'jitless', 'hermes' satisfies AotTarget),
  abilities: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'string' && Object.hasOwn(ABILITIES, one))
      ? undefined
      : `an array with some of ${Object.keys(ABILITIES).join(', ')}`,
  deterministic: aBoolean,
  withoutWasm: aBoolean,
};

/** Returns the functions that are too large to compile, by index, each with what it has too much of. */
export function functionsLeftOut(module: ValidatedModule): ReadonlyMap<number, string> {
  return leftOut(new ModuleInfo(module));
}
function leftOut(info: ModuleInfo): Map<number, string> {
  const left = new Map<number, string>();
  info.module.functions.forEach((_, position) => {
    const index = info.spaces.importedFunctions + position;
    const reason = refusal(info, index);
    if (reason !== undefined) left.set(index, reason);
  });
  return left;
}

/** Returns the text of the compiled file. @throws UsageError that names a wrong option */
export function compileToModule(module: ValidatedModule, options: AotOptions = {}): string {
  if (!isModule(module)) throw new UsageError('compileToModule: a module that validate() returned is wanted');
  const given = checkOptions<AotOptions>(options, CHECKS, 'aot options');
  const { target = 'node', abilities = ['plain', 'deadline'], deterministic = false, withoutWasm = false } = given;
  const info = new ModuleInfo(module);
  const indices = module.functions.map((_, i) => info.spaces.importedFunctions + i);
  const shape = INTERPRETED.has(target) ? 'plain' : 'optimizing';
  const variants = abilities.map((ability) => {
    const emitOptions: EmitOptions = { shape, ...ABILITIES[ability], deterministic, checked: false };
    const link = `${LINK_START}${emitChunk(info, emitOptions, indices).text}}`;
    return { emitOptions, link };
  });
  const signatures = `${SIGNATURES_START}${signatureEntries(module).join(',\n')}};}`;
  const hash = codeHash([signatures, ...variants.map(({ link }) => link)]);
  const header: AotHeader = {
    format: AOT_FORMAT,
    target,
    wasmHash: sha256(module.bytes),
    codeHash: hash,
    features: [...module.usedFeatures].sort(),
    left: [...leftOut(info).keys()],
  };
  const parts: Readonly<Record<string, string>> = {
    header: JSON.stringify(header),
    variants: `[${variants.map((one) => `{options:${JSON.stringify(one.emitOptions)},link:${one.link}}`).join(',\n')}]`,
    signatures,
    wasm: JSON.stringify(withoutWasm ? '' : encodeBase64(module.bytes)),
    end: JSON.stringify(hash),
  };
  const names = Object.keys(parts);
  const text =
    target === 'hermes'
      ? `${names.map((name) => `exports.${name}=${parts[name]};`).join('\n')}\n`
      : `${names.map((name) => `export const ${name}=${parts[name]};`).join('\n')}\n`;
  return sealText(text);
}

function isModule(given: unknown): boolean {
  try {
    return anObject(given) === undefined && isA((given as ValidatedModule).bytes, Uint8Array);
  } catch {
    return false;
  }
}

/** Returns one entry for each signature of the module's function types. */
function signatureEntries(module: ValidatedModule): string[] {
  const types = new Map<string, FuncType>();
  for (const { composite } of module.types) {
    if (composite.kind === 'func') types.set(signatureKey(composite), composite);
  }
  return [...types].map(([key, type]) => `${JSON.stringify(key)}:[${enterText(type)},${adapterText(type)}]`);
}
