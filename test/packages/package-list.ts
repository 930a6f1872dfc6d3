// The packages on npm that drivers use, each in one exact version, so that nothing changes by itself: to raise one, write the version here and run
// `npm run test:packages`.

/** The large ones, 400 MB together, which only the long run installs. By name. */
export const LARGE_PACKAGES: Readonly<Record<string, string>> = {
  '@automerge/automerge': '3.5.0',
  '@duckdb/duckdb-wasm': '1.32.0',
  '@electric-sql/pglite': '0.5.16',
  '@ruby/3.4-wasm-wasi': '2.10.1',
  '@ruby/wasm-wasi': '2.10.1',
  '@swc/wasm': '1.16.18',
  binaryen: '132.0.0',
  'canvaskit-wasm': '0.42.0',
  'esbuild-wasm': '0.28.2',
  'lightningcss-wasm': '1.33.0',
  mupdf: '1.28.1',
  pyodide: '314.0.7',
  tiktoken: '1.0.22',
};

/** By name. All of them together are installed into a cache folder, not as dependencies: no checkout needs them. */
export const PACKAGES: Readonly<Record<string, string>> = {
  '@jsquash/jpeg': '1.6.0',
  '@jsquash/png': '3.1.1',
  '@jsquash/webp': '1.5.0',
  '@matrix-org/olm': '3.2.15',
  '@resvg/resvg-wasm': '2.6.2',
  '@rollup/wasm-node': '4.68.4',
  'brotli-wasm': '3.0.1',
  'cjs-module-lexer': '2.3.0',
  'es-module-lexer': '3.0.5',
  'hash-wasm': '4.13.0',
  'libsodium-wrappers': '0.8.4',
  'quickjs-emscripten': '0.32.0',
  shiki: '4.6.0',
  'source-map': '0.8.0',
  'sql.js': '1.17.0',
  'tree-sitter-json': '0.24.8',
  'vscode-oniguruma': '2.0.1',
  wabt: '1.0.39',
  'web-tree-sitter': '0.27.2',
  'xxhash-wasm': '1.1.0',
};
