// What a module is, before it serves: loaded in an enclave of its own, never here. Refuses modules that are damaged, that fit no convention, that
// lack the function to call, and plugins that import what is not granted.
import type { CreateEnclaveOptions } from 'enclasm/enclave';
import { createPlugin, type PluginConvention } from 'enclasm/plugin';
import { type Convention, type Definition, isProgram, type Limits } from '../config/schema.js';
import { Problem, problemOf } from '../problems/problem.js';

const OF_PLUGIN: Readonly<Record<PluginConvention, Convention>> = {
  'wasi-command': 'stdio',
  extism: 'extism',
  assemblyscript: 'assemblyscript',
  'pointer-length': 'pointer-length',
};

/** @returns the convention that the function is called by @throws Problem 'invalid-definition' */
export async function inspect(
  name: string,
  bytes: Uint8Array,
  definition: Definition,
  limits: Limits,
  enclave: CreateEnclaveOptions,
): Promise<Convention> {
  const { convention: wanted, call } = definition;
  const named = wanted && (isProgram(wanted) ? 'wasi-command' : (wanted as PluginConvention));
  const { bodyBytes: _, ...guestLimits } = limits;
  try {
    const options = { name, limits: guestLimits, enclave, ...(named && { convention: named }) };
    await using plugin = await createPlugin(bytes, options);
    const convention = wanted ?? OF_PLUGIN[plugin.convention];
    if (isProgram(convention) !== (call === undefined)) {
      throw refused(
        `convention '${convention}' ${call === undefined ? 'calls a function: name it as `call`' : 'calls no function'}`,
      );
    }
    if (call !== undefined && !plugin.exports.includes(call)) throw refused(`the module exports no '${call}'`);
    return convention;
  } catch (error) {
    const problem = problemOf(error);
    throw problem.problem === 'unavailable' || problem.problem === 'internal'
      ? problem
      : refused(problem.message, error);
  }
}

function refused(detail: string, cause?: unknown): Problem {
  return new Problem('invalid-definition', detail, { cause });
}
