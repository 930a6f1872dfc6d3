// Calls of natives and WASI as lines for people: names of arguments, texts, error numbers by name, the time it took. Refuses nothing: what cannot be
// read is shown as a number.
import { quote } from '../base/quote.js';
import { decodeUtf8 } from '../base/utf8.js';
import { isWasiModuleName } from '../imports/wasi/module-names.js';
import { parametersOf } from '../imports/wasi/parameter-names.js';
import { ERRNO_NAMES } from '../platform/errno.js';
import type { ObservedHostCall } from '../runtime/observer.js';
import { ExitError } from '../wasm/errors.js';

const MOST_TEXT_BYTES = 200;

/** Returns one line, without its end: `fd_close(fd=3) = ESUCCESS <0.02 ms>`. */
export function callLine(call: ObservedHostCall): string {
  return `${callText(call)} <${call.ms.toFixed(2)} ms>`;
}

/** Returns the same without the time. */
export function callText(call: ObservedHostCall): string {
  const isWasi = isWasiModuleName(call.module);
  const name = isWasi ? call.name : `${quote(call.module)}.${quote(call.name)}`;
  const args = isWasi ? wasiArguments(call) : call.args.map(valueText);
  return `${name}(${args.join(', ')})${outcomeText(call, isWasi)}`;
}

function wasiArguments({ name, args, thread }: ObservedHostCall): string[] {
  const parameters = parametersOf(name);
  const shown: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const parameter = parameters[i];
    const value = args[i];
    if (parameter === undefined) shown.push(valueText(value));
    else if (parameter.shows === 'text') {
      // The length needs no place of its own beside the text.
      const text = textAt(thread.memory(), value, args[i + 1]);
      shown.push(`${parameter.name}=${text === undefined ? pointerText(value) : JSON.stringify(text)}`);
      if (text !== undefined) i++;
    } else {
      shown.push(`${parameter.name}=${parameter.shows === 'pointer' ? pointerText(value) : valueText(value)}`);
    }
  }
  return shown;
}

function textAt(memory: Uint8Array, address: unknown, length: unknown): string | undefined {
  if (typeof address !== 'number' || typeof length !== 'number') return undefined;
  const start = address >>> 0;
  const end = start + (length >>> 0);
  if (end > memory.length || end - start > MOST_TEXT_BYTES) return undefined;
  const text = decodeUtf8(memory, start, end);
  return text === undefined ? undefined : quote(text);
}

function pointerText(value: unknown): string {
  return typeof value === 'number' ? `0x${(value >>> 0).toString(16)}` : valueText(value);
}

function valueText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value === null || value === undefined) return 'null';
  if (value instanceof Uint8Array)
    return `v128:${[...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  return typeof value === 'function' || (typeof value === 'object' && 'signature' in value)
    ? 'a function'
    : 'a reference';
}

function outcomeText({ results, thrown }: ObservedHostCall, isWasi: boolean): string {
  if (thrown) {
    const { error } = thrown;
    if (error instanceof ExitError) return '';
    return ` threw ${quote(error instanceof Error ? `${error.name}: ${error.message}` : String(error))}`;
  }
  const [first] = results;
  if (isWasi && typeof first === 'number') {
    const name = ERRNO_NAMES[first];
    return ` = ${name === undefined ? first : name}`;
  }
  return results.length === 0 ? '' : ` = ${results.map(valueText).join(', ')}`;
}
