// Where the tests of plugins run, and their guests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginEnclave, PluginOptions } from '#src/entry/plugin.js';
import { projectRoot } from '../helpers/wat.js';

export const guests = join(projectRoot(), 'test/plugins/guests');
export const guest = (name: string): Uint8Array => new Uint8Array(readFileSync(join(guests, `${name}.wasm`)));

interface Place {
  readonly name: string;
  readonly enclave: PluginEnclave | undefined;
  readonly modes: readonly NonNullable<PluginOptions['mode']>[];
}
export const entry = join(projectRoot(), 'dist/entry/enclave-main.js');
/** In an enclave the mode is the trusted side's business: one mode over every transport. */
export const PLACES: readonly Place[] = [
  { name: 'no enclave', enclave: undefined, modes: ['host', 'jit', 'interp'] },
  { name: 'same-thread', enclave: 'same-thread', modes: ['auto', 'interp'] },
  { name: 'worker', enclave: { transport: 'worker', entry }, modes: ['auto'] },
  { name: 'process', enclave: { transport: 'process', entry }, modes: ['auto'] },
];
