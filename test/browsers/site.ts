// A web site on loopback for tests: files of this project, with the headers of each kind of page. Refuses paths outside of it.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

/** What kinds of pages a program may stand on, and what the server says for each. */
export const KINDS = {
  /** Nothing special: no shared memory. */
  plain: {},
  /** Kept apart from other origins: shared memory. */
  isolated: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  /** No code but files of this site: neither `new Function` nor WebAssembly. */
  strict: { 'Content-Security-Policy': "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'" },
} as const;
export type Kind = keyof typeof KINDS;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

export class Site {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }
  /**
   * @param folders by the first part of the path: the files of a folder; `''` is an empty page
   */
  static async open(folders: Readonly<Record<string, string>>): Promise<Site> {
    const server = createServer((request, response) => {
      // The kind is the first part of the path, so that all files of a page have its headers.
      const [, kind = '', root = '', ...rest] = new URL(request.url ?? '/', 'http://site').pathname.split('/');
      const headers = KINDS[kind as Kind];
      const folder = folders[root];
      try {
        if (!headers || (root !== '' && folder === undefined)) throw new Error('no such place');
        const body =
          root === ''
            ? '<!doctype html><title>enclasm</title>'
            : readFileSync(join(folder!, normalize(`/${rest.join('/')}`)));
        const type = root === '' ? 'text/html' : (TYPES[extname(rest.at(-1) ?? '')] ?? 'application/octet-stream');
        response.writeHead(200, { 'Content-Type': type, 'Cross-Origin-Resource-Policy': 'same-origin', ...headers });
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Site(server);
  }
  url(kind: Kind, path = ''): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${kind}/${path}`;
  }
  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
