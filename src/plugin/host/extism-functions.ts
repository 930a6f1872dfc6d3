// Functions that an Extism plugin may be granted, as functions over bytes. What a plugin sends is checked before an embedder's function sees it.
// Refuses requests without a URL, and answers that are none.
import { show } from '../../base/show.js';
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.js';
import type { BytesFunction } from '../../imports/extism/kernel.js';
import { entriesOf, isA } from '../../runtime/check-options.js';
import { PluginError } from '../../runtime/plugin-error.js';
import { UsageError } from '../../wasm/errors.js';
import type { UserFunction } from '../guest/plugin-guest.js';
import type { ExtismPluginOptions, PluginRequest, PluginResponse } from './plugin-options.js';

const WHAT = 'createPlugin options.extism';
const HTTP_OK = 100;
const HTTP_LAST = 999;

/** @throws UsageError */
export function configOf({ config }: ExtismPluginOptions): ReadonlyMap<string, string> {
  const entries = entriesOf(config, `${WHAT}.config`);
  for (const [name, value] of entries) {
    if (typeof value !== 'string')
      throw new UsageError(`${WHAT}.config['${name}']: a string is wanted, not ${show(value)}`);
    if (name === '' || name.includes('=')) throw new UsageError(`${WHAT}.config: '${name}' cannot be a setting's name`);
  }
  return new Map(entries);
}

/** @throws UsageError */
export function userFunctions({ functions }: ExtismPluginOptions): UserFunction[] {
  return entriesOf(functions, `${WHAT}.functions`).flatMap(([module, table]) =>
    entriesOf(table, `${WHAT}.functions['${module}']`).map(([name, func]) => {
      if (typeof func !== 'function')
        throw new UsageError(`${WHAT}.functions['${module}'].${name}: a function is wanted`);
      return { module, name, func: (inputs) => maybeLater(func(...inputs), outputs) };
    }),
  );
}
function outputs(output: Uint8Array | string | undefined): Uint8Array[] {
  return output === undefined ? [] : [bytesOf(output, `${WHAT}.functions: what one gives`)];
}

export function httpFunction({ http }: ExtismPluginOptions): BytesFunction | undefined {
  return http && (([head, body]) => maybeLater(http(requestOf(head!, body!)), responseOf));
}
function requestOf(head: Uint8Array, body: Uint8Array): PluginRequest {
  const { url, method = 'GET', headers = {} } = parsed(head);
  const isFit =
    typeof url === 'string' &&
    typeof method === 'string' &&
    typeof headers === 'object' &&
    headers !== null &&
    Object.values(headers).every((value) => typeof value === 'string');
  if (!isFit)
    throw new PluginError('invalid-json', 'extism http_request: { url, method, headers } is wanted, all texts');
  return { url, method, headers: headers as Record<string, string>, body };
}
function parsed(head: Uint8Array): Record<string, unknown> {
  try {
    return { ...JSON.parse(decodeUtf8(head) ?? '') };
  } catch {
    throw new PluginError('invalid-json', 'extism http_request: the request is no JSON');
  }
}
function responseOf(response: PluginResponse): Uint8Array[] {
  const { status, headers = {}, body = '' } = response ?? {};
  if (!(Number.isInteger(status) && status >= HTTP_OK && status <= HTTP_LAST)) {
    throw new UsageError(`${WHAT}.http: an answer with a status is wanted, not ${show(status)}`);
  }
  return [encodeUtf8(JSON.stringify({ status, headers })), bytesOf(body, `${WHAT}.http: a body`)];
}

function bytesOf(value: Uint8Array | string, what: string): Uint8Array {
  if (typeof value === 'string') return encodeUtf8(value);
  if (isA(value, Uint8Array)) return value;
  throw new UsageError(`${what}: bytes or a text is wanted, not ${show(value)}`);
}
function maybeLater<T, R>(value: T | Promise<T>, then: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
