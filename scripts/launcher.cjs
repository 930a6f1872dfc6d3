#!/usr/bin/env node
// Starts a command from its bundle, with the code that V8 compiled in an earlier run where there is one: that halves the time to start.
// scripts/bundle.mjs copies this file to dist/bin and fills in the two names.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const COMMAND = '@COMMAND@';
const BUNDLE = path.join(__dirname, '@BUNDLE@');
// The bundle's name has a hash of its content: V8 itself compares no more than lengths.
const CACHE = `${BUNDLE}.v8-${process.versions.v8}-${process.arch}`;

/** A cache for each way of running a program, with what that way needs and nothing else: reading it in is half of its cost. */
function cacheFor(words) {
  if (COMMAND === 'enclasm' && words[0] !== 'run') return `${CACHE}-tools`;
  let mode = 'auto';
  for (const word of words) {
    if (/^--(interp|fast-jit|llvm-jit|enclave)/.test(word)) mode = word;
    else if (/^--mode=/.test(word)) mode = word.slice(7);
    else if (/^(interp|jit|aot|host)$/.test(word)) mode = word;
    if (/\.(wasm|wat|mjs|cjs)$/.test(word)) break;
  }
  return `${CACHE}-${mode.replace(/^--|=.*|[^a-z-]/g, '')}`;
}

function readCache(path) {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Keeps what was compiled in this run, where this folder may be written to. */
function writeCache(path, script) {
  try {
    fs.accessSync(__dirname, fs.constants.W_OK);
    const temporary = `${path}.${process.pid}`;
    fs.writeFileSync(temporary, script.createCachedData());
    fs.renameSync(temporary, path);
  } catch {
    // Then the next start is as slow as this one.
  }
}

/** Runs a command line; gives the exit code. */
async function start(words) {
  const cache = cacheFor(words);
  const cachedData = readCache(cache);
  const script = new vm.Script(fs.readFileSync(BUNDLE, 'latin1'), { filename: BUNDLE, cachedData });
  const commands = script.runInThisContext()(require, BUNDLE);
  const code = await commands[COMMAND](words, (specifier) => import(specifier), `${BUNDLE}.code`);
  if (cachedData === undefined) writeCache(cache, script);
  return code;
}

exports.start = start;
if (require.main === module) start(process.argv.slice(2)).then((code) => process.exit(code));
