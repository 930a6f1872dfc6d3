// Bundles the compiled commands into few files: Node loads one large file several times faster than two hundred small ones.
// dist/bin/ holds the commands and the first file of enclaves beside them, where entry/enclave.ts looks for it.
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export async function bundle(root) {
  const { metafile } = await build({
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
    metafile: true,
    logLevel: 'warning',
  });
  // What an earlier build left goes last, so that a command that starts meanwhile finds its files.
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(`${root}/dist/bin`))
    if (!made.has(name)) rmSync(`${root}/dist/bin/${name}`, { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await bundle(dirname(dirname(fileURLToPath(import.meta.url))));
