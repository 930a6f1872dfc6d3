// Which threads are called a deadlock: of those that say where they wait, some sleep there and others are only about to.
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { Instance } from '#src/runtime/instance.js';
import { ControlBlock } from '#src/threads/control-block.js';
import { DeadlockWatch } from '#src/threads/deadlock-watch.js';
import { Mailbox, RUNS } from '#src/threads/mailbox.js';
import type { RemoteThread } from '#src/threads/remote-thread.js';

const ADDRESS = 16;
/** Longer than threads must seem to be in the same waits. */
const LONG_MS = 1_000;
/** Sleeps at the word again and again, whoever wakes it. */
const SLEEPER = `const { words } = require('node:worker_threads').workerData;
for (;;) Atomics.wait(words, ${ADDRESS / 4}, 1);`;

/** Two threads that say that they wait where 1 is, and that the first expects it and the second does not. @param asleep how many of them do wait */
function twoThreads(asleep: number) {
  const words = new Int32Array(new SharedArrayBuffer(64));
  words[ADDRESS / 4] = 1;
  for (let k = 0; k < asleep; k++) {
    const worker = new Worker(SLEEPER, { eval: true, workerData: { words } });
    onTestFinished(async () => void (await worker.terminate()));
  }
  const boxes = [new Mailbox(), new Mailbox()] as const;
  const waits = (k: 0 | 1): void => boxes[k].waitAt(0, ADDRESS, false, k === 0 ? 1n : 0n, true);
  waits(0);
  waits(1);
  let now = 0;
  const main = { memories: [{ views: { i32: words } }], store: { platform: { monotonicNow: () => now } } };
  const control = new ControlBlock();
  const watch = new DeadlockWatch(main as unknown as Instance, control);
  const threads = boxes.map((box) => ({ box, waitsForEver: true })) as unknown as readonly RemoteThread[];
  const isDeadlock = (ms: number): boolean => {
    now += ms;
    // Whoever was woken sleeps again.
    control.clear();
    return watch.find(threads, () => false) !== undefined;
  };
  /** As long as workers take to sleep. */
  const awaitSleep = async (): Promise<void> => {
    while (Atomics.notify(words, ADDRESS / 4) < asleep) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const goesOn = (): void => {
    boxes[1].state = RUNS;
    waits(1);
  };
  return { control, isDeadlock, awaitSleep, goesOn };
}

test('where all sleep they are a deadlock after a while, and stand still', async () => {
  const { control, isDeadlock, awaitSleep } = twoThreads(2);
  await awaitSleep();
  expect([isDeadlock(0), isDeadlock(1), control.frozen]).toEqual([false, false, false]);
  // Who was woken may not sleep again yet.
  while (!isDeadlock(LONG_MS)) await awaitSleep();
  expect(control.frozen).toBe(true);
});

test('another that sleeps at the same word does not stand for one that does not', async () => {
  const { control, isDeadlock, awaitSleep } = twoThreads(1);
  for (let k = 0; k < 20; k++) {
    await awaitSleep();
    expect([isDeadlock(LONG_MS), control.frozen]).toEqual([false, false]);
  }
});

test('a thread that has gone on and waits again is suspected anew', async () => {
  const { isDeadlock, awaitSleep, goesOn } = twoThreads(2);
  for (let k = 0; k < 20; k++) {
    await awaitSleep();
    expect(isDeadlock(LONG_MS)).toBe(false);
    goesOn();
  }
  while (!isDeadlock(LONG_MS)) await awaitSleep();
});
