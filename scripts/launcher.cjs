#!/usr/bin/env node
// Starts a command from its bundle. scripts/bundle.mjs makes dist/bin's launchers of this file: it fills in COMMAND and BUNDLE_NAME.
'use strict';
const path = require('node:path');
const { readBundle } = require('./code-cache.cjs');

const BUNDLE = path.join(__dirname, BUNDLE_NAME);

/** A cache for each way of running a program, with what that way needs and nothing else: reading it in is half of its cost. */
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

/** Runs a command line; gives the exit code. */
async function start(words) {
  const { value, hasCode, keepCode } = readBundle(BUNDLE, variantFor(words));
  const commands = value(require, BUNDLE);
  const code = await commands[COMMAND](words, (specifier) => import(specifier), `${BUNDLE}.code`);
  if (!hasCode) keepCode();
  return code;
}

exports.start = start;
if (require.main === module) start(process.argv.slice(2)).then((code) => process.exit(code));
