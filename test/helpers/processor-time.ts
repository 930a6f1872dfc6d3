// What an action costs in processor time: the same on a machine that other programs keep busy, where the time on a clock is anything.
// Refuses nothing. The garbage collector's threads count too, so it may be more than the clock says.

/** Milliseconds of processor time, of the whole process: test files that measure it have one each (vitest.config.ts). */
export function processorTime(action: () => void): number {
  const since = startProcessorTime();
  action();
  return since();
}

/** From now on; the function says how much it is until then. */
export function startProcessorTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
