// What an instance is made with, of what crossed: natives and byte functions of the untrusted side become functions that ask for them.
// Refuses settings that are not NAME=value.
import type { InstantiateOptions } from '../../embed/instance/instantiation.js';
import type { BytesFunction } from '../../imports/extism/kernel.js';
import type { ExtismOptions } from '../../plugin/guest/plugin-guest.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { UsageError } from '../../wasm/errors.js';
import type * as wire from '../protocol/structures.js';
import type { Session } from './session.js';
import { untrustedNatives } from './untrusted-natives.js';
import { splitVariable } from './wasi-args.js';

/** @throws UsageError for a signature that is none */
export function instanceOptions(
  session: Session,
  { natives, ...options }: wire.InstantiateOptions,
): InstantiateOptions {
  if (natives === undefined) return options;
  const byModule: Record<string, NativeSymbol[]> = {};
  for (const table of natives) {
    const { moduleName, symbols } = untrustedNatives(session, table);
    byModule[moduleName] = [...(byModule[moduleName] ?? []), ...symbols];
  }
  return { ...options, natives: byModule };
}

/** @throws UsageError for a setting that is not NAME=value */
export function grantsOf(session: Session, { config = [], http, functions = [] }: wire.ExtismGrants): ExtismOptions {
  return {
    config: new Map(config.map((text) => splitVariable(text, 'INSTANTIATE_PLUGIN'))),
    http: http === undefined ? undefined : asking(session, http),
    functions: functions.map(({ module, name, id }) => ({ module, name, func: asking(session, id) })),
  };
}

function asking({ platform: { ocalls }, maxNativeBytes: most }: Session, id: number): BytesFunction {
  return (inputs) => {
    const bytes = inputs.reduce((sum, input) => sum + input.length, 0);
    if (bytes > most) {
      throw new UsageError(
        `a function of the host: arguments of ${bytes} bytes, and it takes ${most} (maxNativeBytes)`,
      );
    }
    const answer = ocalls.callMaybeAsync('callBytes', { id, inputs });
    return answer instanceof Promise ? answer.then(({ outputs }) => outputs) : answer.outputs;
  };
}
