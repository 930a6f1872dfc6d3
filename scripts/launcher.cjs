#!/usr/bin/env node
// Starts a command from its bundle. scripts/bundle.mjs makes dist/bin's launchers from this file: it fills in COMMAND, BUNDLE_NAME and VALUED, the
// options whose value may be the next word.
'use strict';
const path = require('node:path');
const { openCacheFolder } = require('../dist/platform/node/cache-folder.js');
const { readBundle } = require('./code-cache.cjs');

const BUNDLE = path.join(__dirname, BUNDLE_NAME);

/** Each way of running a program has a cache with what it needs and nothing else, since reading the cache is half of its cost. */
function variantFor(words) {
  if (COMMAND === 'enclasm' && words[0] !== 'run') return '-tools';
  let mode = 'auto';
  for (const word of words) {
    if (/^--(interp|fast-jit|llvm-jit|enclave)/.test(word)) mode = word;
    else if (/^--mode=/.test(word)) mode = word.slice(7);
    else if (/^(interp|jit|aot|host)$/.test(word)) mode = word;
    if (/\.(wasm|wat|mjs|cjs)$/.test(word)) break;
  }
  return `-${mode.replace(/^--|=.*|[^a-z-]/g, '')}`;
}

/** Returns the folder for code that --cache-dir and --no-cache choose; the parser of options is not loaded yet. */
function cacheFolder(words) {
  // What follows the file name of `run` and iwasm belongs to the guest; other commands take options anywhere.
  const isRun = COMMAND === 'iwasm' || words[0] === 'run';
  let given;
  for (let at = COMMAND === 'iwasm' ? 0 : 1; at < words.length && words[at] !== '--'; at++) {
    const word = words[at];
    if (word === '-' || !word.startsWith('-')) {
      if (isRun) break;
      continue;
    }
    if (word === '--no-cache') return undefined;
    if (word.startsWith('--cache-dir=')) given = word.slice('--cache-dir='.length);
    else if (word === '--cache-dir') given = words[++at];
    else if (VALUED.includes(word)) at++;
  }
  return openCacheFolder(given && path.resolve(given));
}

/** Runs a command line and returns the exit code. */
async function start(words) {
  const folder = cacheFolder(words);
  const { value, hasCode, keepCode } = readBundle(BUNDLE, variantFor(words), folder);
  const commands = value(require, BUNDLE);
  const code = await commands[COMMAND](
    words,
    (specifier) => import(specifier),
    folder && path.join(folder, `${BUNDLE_NAME}.code`),
  );
  if (!hasCode) keepCode();
  return code;
}

exports.start = start;
if (require.main === module) start(process.argv.slice(2)).then((code) => process.exit(code));
