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

function readCache() {
  try {
    return fs.readFileSync(CACHE);
  } catch {
    return undefined;
  }
}

/** Keeps what was compiled in this run, where this folder may be written to. */
function writeCache(script) {
  try {
    fs.accessSync(__dirname, fs.constants.W_OK);
    const temporary = `${CACHE}.${process.pid}`;
    fs.writeFileSync(temporary, script.createCachedData());
    fs.renameSync(temporary, CACHE);
  } catch {
    // Then the next start is as slow as this one.
  }
}

/** Runs command lines one after the other; gives the exit code of the last. */
async function start(commandLines) {
  const cachedData = readCache();
  const script = new vm.Script(fs.readFileSync(BUNDLE, 'latin1'), { filename: BUNDLE, cachedData });
  const commands = script.runInThisContext()(require, BUNDLE);
  let code = 0;
  for (const words of commandLines) code = await commands[COMMAND](words, (specifier) => import(specifier));
  if (cachedData === undefined) writeCache(script);
  return code;
}

exports.start = start;
if (require.main === module) start([process.argv.slice(2)]).then((code) => process.exit(code));
