// WebAssembly text to bytes for tests: `assemble(text)`, with a cache on disk by content hash.
// Assembles without validating, so that invalid modules come out as bytes. Refuses text that is not one core module.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AssembleError } from '#src/wast/run-script.js';

export { AssembleError };

interface WasmTools {
  readonly $init: Promise<void>;
  readonly tools: { parse(text: string): Uint8Array };
}

interface WabtModule {
  resolveNames(): void;
  toBinary(options: object): { buffer: Uint8Array };
  destroy(): void;
}

type Wabt = { parseWat(name: string, text: string, features: object): WabtModule };

const require = createRequire(import.meta.url);

/** The folder that holds package.json, from the sources as well as from build/. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json not found above test/helpers');
    folder = parent;
  }
  return folder;
}

const cacheFolder = join(projectRoot(), 'node_modules', '.cache', 'enclasm-spec');
const wasmToolsEntry = require.resolve('@bytecodealliance/jco-transpile/wasm-tools');

// A new assembler must not be answered from the old one's cache.
const assemblerVersion = [
  '3',
  (JSON.parse(readFileSync(join(dirname(wasmToolsEntry), '..', 'package.json'), 'utf8')) as { version: string })
    .version,
].join('|');

// The package's own `parse` is asynchronous only because of its initialisation; the vendored module is not, once ready.
const vendored = pathToFileURL(join(dirname(wasmToolsEntry), '..', 'vendor', 'wasm-tools.js')).href;
let wasmTools: WasmTools['tools'] | undefined;
let wabt: Wabt | undefined;

// About 0.15 s; done on import so that `assemble` can be synchronous.
async function loadAssemblers(): Promise<void> {
  const module = (await import(vendored)) as WasmTools;
  await module.$init;
  wasmTools = module.tools;
  const makeWabt = require('wabt') as () => Promise<Wabt>;
  wabt = await makeWabt();
}
await loadAssemblers();

const WABT_FEATURES = { exceptions: true, multi_value: true, simd: true, reference_types: true, tail_call: true };

// wasm-tools reads legacy exceptions only in their flat form, wabt the folded form too.
function isFoldedLegacyException(text: string): boolean {
  return /\(\s*try\b/.test(text);
}

function assembleWithWabt(text: string): Uint8Array {
  const module = wabt!.parseWat('module.wat', text, WABT_FEATURES);
  try {
    module.resolveNames();
    return module.toBinary({ write_debug_names: true }).buffer;
  } finally {
    module.destroy();
  }
}

// wasm-tools refuses characters that hide or change the reading direction, though names may have them: they go as escapes.
function escapeConfusing(text: string): string {
  return text.replace(
    /[\u200b-\u200f\u2028-\u202f\u2060-\u206f]/g,
    (char) => `\\u{${char.charCodeAt(0).toString(16)}}`,
  );
}

function assembleNow(text: string): Uint8Array {
  try {
    return wasmTools!.parse(escapeConfusing(text));
  } catch (error) {
    if (isFoldedLegacyException(text)) {
      try {
        return assembleWithWabt(text);
      } catch {
        // The first assembler's message is the better one.
      }
    }
    throw new AssembleError(messageOf(error));
  }
}

// wasm-tools reports the debug form of its error; only the sentence in it is of use.
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const sentence = /kind: \w+\("(.*)"\) \}/s.exec(text);
  return sentence === null ? text : sentence[1]!;
}

function cachePath(text: string): string {
  const hash = createHash('sha256').update(assemblerVersion).update('\0').update(text).digest('hex');
  return join(cacheFolder, hash.slice(0, 2), hash.slice(2, 34));
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

// Written aside and renamed, because several processes fill the cache at once.
function writeCache(path: string, tag: number, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(aside, Buffer.concat([Uint8Array.of(tag), content]));
  renameSync(aside, path);
}

const ASSEMBLED = 1;
const REFUSED = 0;

/**
 * Text of one core module to bytes, unvalidated.
 * @throws AssembleError when the text is malformed.
 */
export function assemble(text: string): Uint8Array {
  const path = cachePath(text);
  const cached = readCache(path);
  if (cached !== undefined && cached.length > 0) {
    if (cached[0] === REFUSED) throw new AssembleError(cached.toString('utf8', 1));
    return new Uint8Array(cached.subarray(1));
  }
  try {
    const bytes = assembleNow(text);
    writeCache(path, ASSEMBLED, bytes);
    return bytes;
  } catch (error) {
    if (error instanceof AssembleError) writeCache(path, REFUSED, Buffer.from(error.message, 'utf8'));
    throw error;
  }
}
