// Runs one driver in this process and prints, as JSON, what it gave and what it should. Arguments: the driver's path. A package's own output is left alone:
// the outcome is the last line.
import { pathToFileURL } from 'node:url';

const { run, answer } = (await import(pathToFileURL(process.argv[2]!).href)) as {
  run(): Promise<unknown>;
  answer: unknown;
};
const given = await run();
process.stdout.write(`\n${JSON.stringify({ given, wanted: answer })}\n`, () => process.exit(0));
