// Runs one file of the official suite in this process, whose global `WebAssembly` is the runtime's in a mode, and prints how its tests ended as JSON.
// Arguments: the suite's folder, the file, the mode ("native": the host's own object stays).
import vm from 'node:vm';
import { installWebAssembly } from '#src/entry/webassembly.js';
import type { ModeChoice } from '#src/runtime/running-mode.js';
import { installHarness, type Outcome } from './harness.js';
import { scriptsOf } from './suite.js';

const [folder, name, mode] = process.argv.slice(2) as [string, string, string];
if (mode !== 'native') installWebAssembly({ mode: mode as ModeChoice });
const finish = installHarness(globalThis, name);
let failure: Outcome | undefined;
try {
  for (const { path, text } of scriptsOf(folder, name)) vm.runInThisContext(text, { filename: path });
} catch (error) {
  failure = { name: 'the file', failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
const outcomes = await finish();
process.stdout.write(JSON.stringify(failure === undefined ? outcomes : [...outcomes, failure]));
