// Bundles the inspector to dist/inspector: static files that any server can serve, from any folder. What it needs of this package is compiled already.
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The files of the page, and of its two workers. */
const ENTRIES = { inspector: 'page/main.tsx', enclave: 'enclave/main.ts', module: 'module/main.ts' };

export async function bundleInspector(root) {
  const own = join(root, 'inspector');
  const out = join(root, 'dist', 'inspector');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(own, path)])),
      style: join(own, 'style.css'),
    },
    entryNames: '[name]',
    outdir: out,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    minify: true,
    // Licences of the packages that come along.
    legalComments: 'eof',
    tsconfig: join(own, 'tsconfig.json'),
    logLevel: 'warning',
  });
  cpSync(join(own, 'index.html'), join(out, 'index.html'));
  copySamples(join(root, 'samples'), join(out, 'samples'));
}

/** The programs and what they read, not their sources. */
function copySamples(from, to) {
  mkdirSync(to);
  for (const name of readdirSync(from)) if (name.endsWith('.wasm')) cpSync(join(from, name), join(to, name));
  cpSync(join(from, 'data'), join(to, 'data'), { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleInspector(dirname(dirname(fileURLToPath(import.meta.url))));
}
