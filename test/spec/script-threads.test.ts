// Threads of scripts, in turn and each in a worker: two scripts that end only where threads wait for each other, and what is reported of those that fail.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScript } from '#src/wast/run-script.js';
import { projectRoot } from '../helpers/wat.js';
import { startThread } from './script-threads.js';
import { optionsFor, runSuiteScript } from './suite-script.js';
import { IN_WORKERS, loadTarget } from './targets/index.js';

async function run(script: string, mode: string, timeoutMs?: number) {
  const target = (await loadTarget(mode))();
  if (timeoutMs === undefined) return runSuiteScript('threads/sample', script, target, mode);
  const options = optionsFor('threads/sample', mode);
  return runScript(script, target, {
    ...options,
    startThread: (thread) => startThread('threads/sample', mode, thread, timeoutMs),
  });
}

const scriptFile = (name: string): string => readFileSync(`${projectRoot()}/test/spec/scripts/${name}.wast`, 'utf8');

describe.each(['interp', IN_WORKERS, 'jit', 'aot', 'host', 'node'])('in mode %s', (mode) => {
  it.each([
    ['handover', 10],
    ['nested', 17],
  ])('%s', async (name, passed) => {
    expect(await run(scriptFile(name), mode)).toMatchObject({ failures: [], skipped: [], passed });
  });
});

describe('in workers', () => {
  const MEMORY = '(module $Mem (memory (export "shared") 1 1 shared))';
  const WAITER = `(register "mem" $Mem) (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))`;

  it('failures have the lines of the thread, also where nobody waits for it; a name that is unknown is one', async () => {
    const script = `${MEMORY}
      (thread $A (shared (module $Mem)) ${WAITER.replaceAll('\n', ' ')}
        (assert_return (invoke "grow") (i32.const -1))
        (assert_return (invoke "grow") (i32.const 5))
        (invoke $Mem "shared"))
      (wait $B)
      (thread $C (shared (module $Absent)))`;
    const { failures, passed } = await run(script, IN_WORKERS);
    const got = failures.map((failure) => [failure.line, failure.got]).sort();
    expect(got).toEqual([
      [4, 'i32:-1'],
      [5, expect.stringContaining('"shared" is in another thread')],
      [6, 'unknown thread $B'],
      [7, 'unknown instance $Absent'],
    ]);
    // The memory, the thread, what it registers, its module and the first assertion.
    expect(passed).toBe(5);
  });
  it('a thread that does not end is ended, as a failure', async () => {
    const script = `${MEMORY}\n(thread $A (shared (module $Mem)) ${WAITER} (invoke "wait"))\n(wait $A)`;
    const { failures } = await run(script, IN_WORKERS, 100);
    expect(failures).toMatchObject([{ line: 2, got: 'still running after 100 ms' }]);
  });
});
