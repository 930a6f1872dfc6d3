// The page at `/`: a few files, read once. They show nothing by themselves: what they show they ask of the API. Refuses to run or load what is not its own.
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';

const ROOT = new URL('../../', import.meta.url);
const FILES = {
  '/': ['page/index.html', 'text/html; charset=utf-8'],
  '/page/style.css': ['page/style.css', 'text/css; charset=utf-8'],
  '/page/main.js': ['dist/page/main.js', 'text/javascript; charset=utf-8'],
  '/page/status.js': ['dist/page/status.js', 'text/javascript; charset=utf-8'],
} as const;
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export function addPage(app: FastifyInstance): void {
  for (const [address, [path, type]] of Object.entries(FILES)) {
    const body = readFileSync(new URL(path, ROOT));
    app.get(address, (_request, reply) => reply.headers(HEADERS).type(type).send(body));
  }
}
