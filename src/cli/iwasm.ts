#!/usr/bin/env node
// The command `iwasm`.
import { iwasmMain } from './iwasm-main.js';
import { processIo } from './process-io.js';

process.exit(await iwasmMain(process.argv.slice(2), processIo()));
