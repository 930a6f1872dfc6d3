// What goes wrong between an embedder and a plugin, by kind: the guest has not what its convention needs, or does not keep to it.
// Refuses nothing itself.
import { EnclasmError } from '../wasm/errors.js';

export const PLUGIN_FAULTS = [
  'no-convention',
  'no-function',
  'wrong-type',
  'no-allocator',
  'out-of-memory',
  'out-of-bounds',
  'output-too-long',
  'invalid-text',
  'invalid-json',
  'not-granted',
  'failed',
] as const;

/**
 * How a plugin's call went wrong:
 *
 * - `no-convention`: its exports and imports are those of no convention, or the one that was named does not fit them
 * - `no-function`: it exports no function of that name
 * - `wrong-type`: the function, or the allocator, has another type than its convention says
 * - `no-allocator`: it exports nothing that allocates memory for the input
 * - `out-of-memory`: its allocator had no room for the input
 * - `out-of-bounds`: it gave an address outside of its memory
 * - `output-too-long`: its output is longer than `maxOutputBytes`
 * - `invalid-text`: a text was wanted, and its output is not UTF-8 or has half of a character
 * - `invalid-json`: JSON was wanted, and its output is something else
 * - `not-granted`: it asked the host for what it was not granted
 * - `failed`: the plugin itself said that it failed: an exit code, or an error's text
 */
export type PluginFault = (typeof PLUGIN_FAULTS)[number];

/** The plugin has not what its convention needs, does not keep to it, or says that it failed: `fault` tells which. */
export class PluginError extends EnclasmError {
  override readonly name = 'PluginError';
  readonly kind = 'plugin';
  /** What went wrong, for code. */
  readonly fault: PluginFault;
  /** What a plugin that `failed` gave as its code: a program's exit code, or what an Extism function returned; 0 with other faults. */
  readonly code: number;
  /** An error about a plugin. @param code the plugin's own, where it `failed` */
  constructor(fault: PluginFault, text: string, code = 0) {
    super(text);
    this.fault = fault;
    this.code = code;
  }
}
