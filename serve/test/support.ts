// Servers for tests: on a free port, without a log, ended with the test. Refuses nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { keyHash } from '../src/admission/tenants.js';
import { checked } from '../src/config/config-error.js';
import { configSchema } from '../src/config/schema.js';
import { Server } from '../src/server.js';

export const TOKEN = 'admin-token';
export const admin = { authorization: `Bearer ${TOKEN}` };

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'enclasm-serve-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
/** Functions as files: a module alone, or with what stands beside it. */
export type Functions = Readonly<
  Record<string, Uint8Array | { readonly module: Uint8Array; readonly definition: object }>
>;

/** Starts a server whose functions come from a folder. @param more of the configuration */
export async function serve(
  functions: Functions,
  more: object = {},
): Promise<{ readonly server: Server; readonly path: string }> {
  const path = folder();
  for (const [name, given] of Object.entries(functions)) {
    const { module, definition } = given instanceof Uint8Array ? { module: given, definition: undefined } : given;
    writeFileSync(join(path, `${name}.wasm`), module);
    if (definition) writeFileSync(join(path, `${name}.json`), JSON.stringify(definition));
  }
  const given = {
    listen: { port: 0 },
    adminKey: keyHash(TOKEN),
    enclaves: { size: 2, spares: 0 },
    folder: path,
    ...more,
  };
  const server = await started({ config: checked(configSchema, given, 'test') });
  return { server, path };
}
export async function started(options: Parameters<typeof Server.start>[0]): Promise<Server> {
  const server = await Server.start({ log: pino({ level: 'silent' }), ...options });
  onTestFinished(() => server.close());
  return server;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly text: string;
}
export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}
/** One request on a connection of its own. */
export function ask(url: string, { method = 'POST', headers = {}, body }: Sent = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        const { statusCode = 0, trailers } = answer;
        resolve({ status: statusCode, headers: answer.headers, trailers, text });
      });
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
/** Until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
