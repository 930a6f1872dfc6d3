// The bytes of a module from a response, as the standard's Web API takes them: the whole body is collected, then compiled. Refuses, with a TypeError, what
// is no response, failed, is opaque, or does not call itself application/wasm.
import { show } from '../base/show.js';

/** What is read of the host's Response. */
interface ModuleResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly type: string;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}
type ResponseClass = abstract new (...args: never[]) => ModuleResponse;

const MODULE_TYPE = 'application/wasm';

/** Whether the host has responses. Node loads its own, which is much, when somebody reads the global; this does not. */
export function hasResponses(): boolean {
  return 'Response' in globalThis;
}

/** @param source a response, or a promise of one @throws TypeError, and what the promise or the body is rejected with */
export async function bytesOfResponse(source: unknown, what: string): Promise<Uint8Array> {
  const { Response } = globalThis as unknown as { readonly Response: ResponseClass };
  const response = await source;
  if (!(response instanceof Response)) throw new TypeError(`${what}: a Response is wanted, not ${show(response)}`);
  const { headers, type, ok, status } = response;
  const given = headers.get('Content-Type');
  if (given?.replace(/^[\t ]+|[\t ]+$/g, '').toLowerCase() !== MODULE_TYPE) {
    throw new TypeError(`${what}: the response is ${show(given)}; its type must be ${MODULE_TYPE}`);
  }
  if (type === 'opaque' || type === 'opaqueredirect') {
    throw new TypeError(`${what}: the response is of another origin, which does not share it`);
  }
  if (!ok) throw new TypeError(`${what}: the response has status ${status}`);
  return new Uint8Array(await response.arrayBuffer());
}
