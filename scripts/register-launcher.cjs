// Puts the package's `WebAssembly` in place of the global one, from its bundle: what `node --import enclasm/register` loads. scripts/bundle.mjs makes
// dist/bin/register.cjs from this file: it fills in BUNDLE_NAME.
'use strict';
const path = require('node:path');
const { openCacheFolder } = require('../dist/platform/node/cache-folder.js');
const { readBundle } = require('./code-cache.cjs');

const BUNDLE = path.join(__dirname, BUNDLE_NAME);
// Under some of V8's flags it refuses code that was made under others, and each mode needs other code.
const FLAGS = process.execArgv.filter((word) => /^--(jitless|no-opt|max-lazy)/.test(word)).join('');
const MODE = /--mode[= ](\w+)/.exec(process.env.ENCLASM_WEBASSEMBLY ?? '')?.[1] ?? 'auto';

const { value, hasCode, keepCode } = readBundle(BUNDLE, `-${MODE}${FLAGS}`, openCacheFolder());
const { wasUsed } = value(require, BUNDLE);
// At the end, so that it has the code of what programs need, and only of one that needed it. Under the permission model Node cannot write, so it does not try.
if (!hasCode && process.permission === undefined) process.once('exit', () => wasUsed() && keepCode());
