// `npm run inspector`: makes the checkout ready and serves dist/inspector on loopback, isolated from other origins so that guests can wait for the page.
// `--port N` takes that port; otherwise any free one. Refuses paths outside of the folder, other methods than GET, and other hosts' names.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, setup } from '../scripts/setup.mjs';

const FOLDER = join(ROOT, 'dist', 'inspector');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};
/** Code is made of modules in modes jit (unsafe-eval) and host; styles are set by the terminal and the charts. Nothing comes from elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/** @param isolated whether the page is kept apart from other origins @returns the server, which listens, and its address */
export async function serve({ port = 0, isolated = true } = {}) {
  const headers = { ...HEADERS };
  if (!isolated) for (const name of Object.keys(headers)) if (name.startsWith('Cross-Origin')) delete headers[name];
  const server = createServer(async (request, response) => {
    const path = pathOf(request);
    const body = path && (await readFile(path).catch(() => undefined));
    if (!body) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such file.\n');
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

/** The file that is asked for; undefined where there is none. */
function pathOf({ method, url, headers }) {
  // A name of another host that leads here would make this page one of that host's.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  let name;
  try {
    name = decodeURIComponent(new URL(url, 'http://site').pathname);
  } catch {
    return undefined;
  }
  const path = join(FOLDER, normalize(name.endsWith('/') ? `${name}index.html` : name));
  return path.startsWith(FOLDER + sep) && !name.includes('\0') ? path : undefined;
}

function portOf(words) {
  const at = words.indexOf('--port');
  if (at < 0 && words.length === 0) return 0;
  const port = Number(words[at + 1]);
  if (at >= 0 && words.length === 2 && Number.isInteger(port) && port > 0 && port < 65_536) return port;
  console.error('usage: npm run inspector -- [--port N], N from 1 to 65535');
  process.exit(2);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const port = portOf(process.argv.slice(2));
  await setup();
  try {
    const { url } = await serve({ port });
    console.log(`The inspector is at ${url} (Ctrl C ends it)`);
  } catch (error) {
    console.error(error.code === 'EADDRINUSE' ? `port ${port} is taken: choose another with --port` : error.message);
    process.exit(1);
  }
}
