#!/usr/bin/env node
// The command `enclasm`. Everything it writes is written when main returns, so the process may end at once.
import { main } from './main.js';
import { processIo } from './process-io.js';

process.exit(await main(process.argv.slice(2), processIo()));
