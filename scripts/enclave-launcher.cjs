// Starts the inside of an enclave from its bundle, with the code that V8 compiled in an earlier run where there is one.
// scripts/bundle.mjs copies this file to dist/bin, fills in the bundle's name, and rehearses with --keep-code.
'use strict';
const fs = require('node:fs');
const vm = require('node:vm');

const BUNDLE = `${__dirname}/@BUNDLE@`;
// V8 refuses code that was made under other flags of its own; those of a child are always the same.
const FLAGS = process.execArgv.filter((word) => word.startsWith('--max-old-space-size')).join('');
// The bundle's name has a hash of its content: V8 itself compares no more than lengths.
const CACHE = `${BUNDLE}.v8-${process.versions.v8}-${process.arch}${FLAGS}`;

function readCache() {
  try {
    return fs.readFileSync(CACHE);
  } catch {
    return undefined;
  }
}

/** Keeps what was compiled so far, where this folder may be written to. */
function keep(script) {
  try {
    fs.accessSync(__dirname, fs.constants.W_OK);
    const temporary = `${CACHE}.${process.pid}`;
    fs.writeFileSync(temporary, script.createCachedData());
    fs.renameSync(temporary, CACHE);
  } catch {
    // Then the next start is as slow as this one.
  }
}

const cachedData = readCache();
const script = new vm.Script(fs.readFileSync(BUNDLE, 'latin1'), { filename: BUNDLE, cachedData });
const { serve } = script.runInThisContext()(require, BUNDLE);
if (process.argv.includes('--keep-code')) process.once('exit', () => keep(script));
// A child under the permission model may write nothing, and shall not try.
else if (cachedData === undefined && process.permission === undefined) keep(script);
serve();
