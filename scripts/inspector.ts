// `npm run inspector`: serves dist/inspector on loopback, isolated from other origins so that guests can wait for the page. `--port N` takes that port;
// otherwise any free one. Refuses paths outside of the folder, other methods than GET and HEAD, and other hosts' names.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};
/** Code is made of modules in modes host and jit (unsafe-eval); the terminal and the charts set styles. Nothing comes from elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export interface ServeOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Whether the page is kept apart from other origins. Default: it is. */
  readonly isolated?: boolean;
}

/** @param folder where the built inspector is @returns the server, which listens, and its address */
export async function serveInspector(
  folder: string,
  { port = 0, isolated = true }: ServeOptions = {},
): Promise<{ readonly server: Server; readonly url: string }> {
  const root = resolve(folder);
  const headers = { ...HEADERS, ...(isolated && ISOLATION) };
  const server = createServer(async (request, response) => {
    const path = pathOf(root, request);
    const body = path && (await readFile(path).catch(() => undefined));
    if (!body) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such file.\n');
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** The file that is asked for; undefined where there is none. */
function pathOf(root: string, { method, url = '/', headers }: IncomingMessage): string | undefined {
  // A name of another host that leads here would make this page one of that host's.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  let name: string;
  try {
    name = decodeURIComponent(new URL(url, 'http://site').pathname);
  } catch {
    return undefined;
  }
  const path = join(root, normalize(name.endsWith('/') ? `${name}index.html` : name));
  return path.startsWith(root + sep) && !name.includes('\0') ? path : undefined;
}

async function main(words: readonly string[]): Promise<void> {
  const port = words.length === 0 ? 0 : Number(words[1]);
  const isRight = words.length === 0 || (words.length === 2 && words[0] === '--port' && port >= 1 && port <= 65_535);
  if (!isRight || !Number.isInteger(port)) throw new Error('usage: npm run inspector [-- --port N], N from 1 to 65535');
  const { url } = await serveInspector('dist/inspector', { port });
  console.log(`The inspector is at ${url} (Ctrl C ends it)`);
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  main(process.argv.slice(2)).catch((error: NodeJS.ErrnoException) => {
    console.error(error.code === 'EADDRINUSE' ? 'this port is taken: choose another with --port' : error.message);
    process.exitCode = 1;
  });
}
