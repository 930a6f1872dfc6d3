// Worker thread of the suite runner: runs the scripts it is sent, one at a time, in the mode it was started for.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { SuiteFile } from './suite.js';
import { runSuiteScript, type ScriptReport } from './suite-script.js';
import { loadTarget } from './targets/index.js';

const { mode } = workerData as { mode: string };
const port = parentPort!;
const makeTarget = await loadTarget(mode);

function report({ name, path }: SuiteFile): ScriptReport {
  try {
    return runSuiteScript(name, readFileSync(path, 'utf8'), makeTarget(), mode);
  } catch (error) {
    const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const failure = { line: 0, follows: false, expected: 'a script that runs', got };
    return { file: name, passed: 0, failures: [failure], skipped: [], milliseconds: 0 };
  }
}

port.on('message', (file: SuiteFile) => port.postMessage(report(file)));
