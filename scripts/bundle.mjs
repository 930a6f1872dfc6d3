// Bundles the compiled commands into few files: Node loads one large file several times faster than two hundred small ones.
// dist/bin/ holds the commands and the first file of enclaves beside them, where entry/enclave.ts looks for it.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export async function bundle(root) {
  rmSync(`${root}/dist/bin`, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['dist/cli/enclasm.js', 'dist/cli/iwasm.js', 'dist/entry/enclave-main.js'],
    outdir: 'dist/bin',
    entryNames: '[name]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Names stay, so that --trace is readable.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: false,
    logLevel: 'warning',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await bundle(dirname(dirname(fileURLToPath(import.meta.url))));
