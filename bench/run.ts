// npm run bench -- NAME [--json] [--quick] [...]: runs one measurement and prints its rows.
// Refuses unknown names, with the list of those there are. A missed target is a row that says so, never an exit code: times depend on the machine. Exit code 2 for wrong use, 1 for a wrong result.
import { readdirSync } from 'node:fs';
import { type Bench, table } from './harness.js';

const NOT_MEASUREMENTS = new Set(['run', 'harness', 'document', 'engine-modes', 'thread-guest', 'threads-in-workers']);

function names(): string[] {
  return readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.js') && !NOT_MEASUREMENTS.has(file.slice(0, -3)))
    .map((file) => file.slice(0, -3))
    .sort();
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...others] = args;
  if (name === undefined || !names().includes(name)) {
    const wrong = name === undefined || name.startsWith('-') ? '' : `no measurement is called ${name}\n`;
    console.error(
      `${wrong}usage: npm run bench -- NAME [--json] [--quick] [...]\nNAME is one of: ${names().join(', ')}`,
    );
    return 2;
  }
  const json = others.includes('--json');
  const quick = others.includes('--quick');
  const rest = others.filter((arg) => arg !== '--json' && arg !== '--quick');
  const { bench } = (await import(`./${name}.js`)) as { bench: Bench };
  const result = await bench({ json, quick, rest });
  console.log(json ? JSON.stringify(result) : table(result));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
