// The server of `npm run inspector`: what it gives, and what it keeps.
import { spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveInspector } from '../../scripts/inspector.js';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();

describe('the server of the inspector', () => {
  let site: Awaited<ReturnType<typeof serveInspector>>;
  beforeAll(async () => {
    site = await serveInspector(join(root, 'dist/inspector'));
  });
  afterAll(() => site.server.close());

  /** A path as it is written, which fetch() would tidy up. */
  function ask(path: string, method = 'GET', host?: string) {
    const { port } = new URL(site.url);
    const headers = host === undefined ? {} : { host };
    return new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }>(
      (resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (part) => {
            body += part;
          });
          response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
        });
        asked.on('error', reject).end();
      },
    );
  }

  it('gives the page, isolated from other origins, under a policy', async () => {
    const { status, headers, body } = await ask('/');
    expect([status, body]).toEqual([200, expect.stringContaining('Enclasm inspector')]);
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'content-type': 'text/html; charset=utf-8',
    });
    for (const path of ['/inspector.js', '/enclave.js', '/module.js', '/style.css', '/samples/hello.wasm']) {
      expect([path, (await ask(path, 'HEAD')).status]).toEqual([path, 200]);
    }
  });
  it('keeps what lies outside of its folder', async () => {
    const paths = [
      '/../../package.json',
      '/..%2f..%2fpackage.json',
      '/%00',
      '/samples',
      '/%',
      '//etc/passwd',
      '/no.js',
    ];
    for (const path of paths) expect([path, (await ask(path)).status]).toEqual([path, 404]);
  });
  it('answers to its own name and to reading alone', async () => {
    expect((await ask('/', 'GET', 'somewhere.example')).status).toBe(404);
    expect((await ask('/', 'GET', 'localhost:1')).status).toBe(200);
    expect((await ask('/', 'POST')).status).toBe(404);
  });
  it('refuses ports that are none, or taken, in one line', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['build/scripts/inspector.js', ...args], { cwd: root, encoding: 'utf8' });
    expect(run('--port', '70000')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^usage: .*\n$/) });
    expect(run('--port', new URL(site.url).port)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/taken.*\n$/),
    });
  });
});
