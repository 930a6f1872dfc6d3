import { expect, test, vi } from 'vitest';
import { nodePlatform } from './platform.js';
import { errnoName, fileError } from './system-errors.js';

const platform = nodePlatform();

test('clocks go forward and agree with the host', () => {
  const first = platform.monotonicNow();
  expect(platform.monotonicNow()).toBeGreaterThanOrEqual(first);
  const before = Date.now();
  const realtime = Number(platform.realtimeNow() / 1_000_000n);
  // Two readings of one clock, which rounds in its own way.
  expect(realtime).toBeGreaterThanOrEqual(before - 50);
  expect(realtime).toBeLessThanOrEqual(Date.now() + 50);
  expect(platform.cpuTimeNow()).toBeGreaterThan(0n);
});
test('the monotonic clock tells nothing of the host: it counts from a second before the platform was made', () => {
  const uptime = Number(process.hrtime.bigint()) / 1e6;
  const young = nodePlatform().monotonicNow();
  expect(young).toBeGreaterThanOrEqual(1_000);
  expect(young).toBeLessThan(1_000 + Number(process.hrtime.bigint()) / 1e6 - uptime);
  const before = performance.now();
  const first = platform.monotonicNow();
  platform.sleep(20);
  const passed = platform.monotonicNow() - first;
  expect(passed).toBeGreaterThan(15);
  expect(passed).toBeLessThanOrEqual(performance.now() - before);
});
test('randomness fills more than WebCrypto does in one call', () => {
  const bytes = new Uint8Array(200_000);
  platform.randomFill(bytes);
  for (const at of [0, 65_536, 131_072, 199_900]) {
    expect(bytes.subarray(at, at + 100).some((byte) => byte !== 0)).toBe(true);
  }
});
test('sleeping blocks for about as long as asked', () => {
  const before = performance.now();
  expect(platform.sleep(20)).toBe(true);
  expect(performance.now() - before).toBeGreaterThan(15);
});
test('a timer that was cancelled does not fire', async () => {
  let fired = 0;
  const cancel = platform.startTimer!(5, () => fired++);
  platform.startTimer!(10, () => (fired += 10));
  cancel();
  while (fired === 0) await platform.yieldToEventLoop();
  expect(fired).toBe(10);
});
test('a timer of more than 31 bits does not fire at once', () => {
  vi.useFakeTimers();
  try {
    let fired = 0;
    const month = 31 * 86_400_000;
    platform.startTimer!(month, () => fired++);
    const cancel = platform.startTimer!(Number.POSITIVE_INFINITY, () => (fired += 10));
    vi.advanceTimersByTime(month - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    vi.advanceTimersByTime(3 * month);
    expect(fired).toBe(1);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
test('log lines carry their level', () => {
  const lines: string[] = [];
  nodePlatform((line) => lines.push(line)).log('warning', 'text');
  expect(lines).toEqual(['[enclasm warning] text\n']);
});
test('errors: codes of systems become WASI names, bugs go through', () => {
  expect([errnoName('ENOENT'), errnoName('EOPNOTSUPP'), errnoName('EWEIRD'), errnoName(undefined)]).toEqual([
    'ENOENT',
    'ENOTSUP',
    'EIO',
    undefined,
  ]);
  const bug = new TypeError('bug');
  expect(fileError(bug)).toBe(bug);
});
