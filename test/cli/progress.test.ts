// The line that tells what takes long: when it comes, what it says, and that nothing of it stays.
import { expect, it } from 'vitest';
import { Progress } from '#src/cli/progress.js';

function progressAt(): { progress: Progress; written: string[]; clock: { ms: number } } {
  const written: string[] = [];
  const clock = { ms: 5_000 };
  const progress = new Progress(
    (text) => written.push(text),
    () => clock.ms,
  );
  return { progress, written, clock };
}
const ERASE = '\r\x1b[2K';

it('comes after a second, is renewed each second, and starts anew with the next stage', () => {
  const { progress, written, clock } = progressAt();
  progress.tick();
  progress.begin('x.wasm: running');
  for (const ms of [100, 999, 1_000, 1_500, 1_999, 2_000]) {
    clock.ms = 5_000 + ms;
    progress.tick();
  }
  expect(written).toEqual([`${ERASE}x.wasm: running, 1 s`, `${ERASE}x.wasm: running, 2 s`]);
  progress.begin('x.wasm: ending');
  clock.ms += 999;
  progress.tick();
  expect(written.slice(2)).toEqual([ERASE]);
});
it('is erased once, and does not come back after the end', () => {
  const { progress, written, clock } = progressAt();
  progress.begin('x');
  progress.clear();
  progress.show('y');
  progress.clear();
  progress.clear();
  expect(written).toEqual([`${ERASE}y`, ERASE]);
  progress.end();
  progress.show('y');
  clock.ms += 5_000;
  progress.tick();
  expect(written).toHaveLength(2);
});
it('fits on one line: what ends it stays', () => {
  const { progress, written } = progressAt();
  progress.show(`${'long/'.repeat(50)}x.wasm: running, 7 s`);
  expect(written[0]!.slice(ERASE.length)).toMatch(/^\.\.\..{67}$/);
  expect(written[0]).toMatch(/x\.wasm: running, 7 s$/);
});
