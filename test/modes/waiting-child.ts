// The cases of calls that wait in another JavaScript engine than the one that runs the tests: `NODE waiting-child.js MODE`. Prints what failed, as JSON.
import { Runtime } from '#src/entry/index.js';
import { assemble } from '../helpers/wat.js';
import { runWaitingCases, WAITING_TEXTS, type WaitingWorld } from './waiting-cases.js';

const mode = process.argv[2] as WaitingWorld['mode'];
const modules = { guest: assemble(WAITING_TEXTS.guest), caller: assemble(WAITING_TEXTS.caller) };
console.log(JSON.stringify(await runWaitingCases({ mode, Runtime, modules })));
