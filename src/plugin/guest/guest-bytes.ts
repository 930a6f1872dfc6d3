// Bytes into and out of a plugin's memory, which may lie about where they are. Copies both ways.
// Refuses addresses outside of the memory and outputs that are too long, before anything is copied.
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import { PluginError } from '../../runtime/plugin-error.js';

/** The memory's bytes as they lie now. */
function memoryBytes(instance: WasmInstance): Uint8Array {
  const memory = instance.getMemory(0);
  if (memory !== null) return memory.bytes;
  throw new PluginError('out-of-bounds', 'the plugin has no memory');
}

/** @throws PluginError 'out-of-bounds' for what does not lie in the memory whole */
export function bytesIn(instance: WasmInstance, address: number, length: number, what: string): Uint8Array {
  const bytes = memoryBytes(instance);
  if (address + length <= bytes.length) return bytes.subarray(address, address + length);
  throw new PluginError(
    'out-of-bounds',
    `${what}: ${length} bytes at address ${address}, and the plugin's memory has ${bytes.length}`,
  );
}

/** A copy of an output. @throws PluginError 'output-too-long', 'out-of-bounds' */
export function outputFrom(instance: WasmInstance, address: number, length: number, most: number): Uint8Array {
  checkLength(length, most);
  return bytesIn(instance, address, length, 'the output').slice();
}

/** @throws PluginError 'output-too-long' */
export function checkLength(length: number, most: number): void {
  if (length > most) throw tooLong(most, length);
}
export function tooLong(most: number, length?: number): PluginError {
  const found = length === undefined ? 'an output that is longer' : `an output of ${length} bytes`;
  return new PluginError('output-too-long', `${found}, and at most ${most} are taken: maxOutputBytes allows more`);
}
