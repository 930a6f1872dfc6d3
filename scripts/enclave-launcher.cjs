// Starts the trusted side of an enclave, or a worker for threads of guests, from its bundle. scripts/bundle.mjs makes dist/bin/enclave-main.cjs from this file: it fills in
// BUNDLE_NAME, and rehearses with --keep-code.
'use strict';
const { readBundle } = require('./code-cache.cjs');

const BUNDLE = `${__dirname}/${BUNDLE_NAME}`;
const CACHE = '--code-cache=';
// A child is started with one of few sets of V8's flags, and V8 refuses code that was made under another.
const FLAGS = process.execArgv.filter((word) => word.startsWith('--max-old-space-size')).join('');

// The untrusted side passes the folder as an argument, since the child has no environment.
const folder = process.argv.find((word) => word.startsWith(CACHE))?.slice(CACHE.length);
const { value, hasCode, keepCode } = readBundle(BUNDLE, FLAGS, folder);
const { serve } = value(require, BUNDLE);
if (process.argv.includes('--keep-code')) process.once('exit', keepCode);
// A child under the permission model cannot write, so it does not try.
else if (!hasCode && process.permission === undefined) keepCode();
serve((specifier) => import(specifier));
