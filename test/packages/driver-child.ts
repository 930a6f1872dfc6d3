// Runs one driver in this process and prints, as JSON, what it gave, what it should, and the seconds of processor time until then. Arguments: the driver's
// path. A package's own output is left alone: the outcome is the last line.
import { pathToFileURL } from 'node:url';

const { run, answer } = (await import(pathToFileURL(process.argv[2]!).href)) as {
  run(): Promise<unknown>;
  answer: unknown;
};
const given = await run();
const { user, system } = process.cpuUsage();
const seconds = (user + system) / 1e6;
process.stdout.write(`\n${JSON.stringify({ given, wanted: answer, seconds })}\n`, () => process.exit(0));
