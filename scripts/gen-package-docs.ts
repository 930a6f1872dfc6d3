// The table of large packages in docs/webassembly.md, made of test/packages/times.json, which `npm run test:packages -- --long --record` writes. Refuses
// nothing.
import { readTimes } from '../test/packages/times.js';
import { withPart } from './marked-part.js';

const DOCUMENT = 'docs/webassembly.md';
const SETTINGS = ['own', 'interp', 'jit', 'host'];

function packageTable(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const seconds = (time: number | undefined): string => (time === undefined ? '-' : time.toFixed(time < 10 ? 1 : 0));
  return [
    row(['seconds', "host's own", '`interp`', '`jit`', '`host`']),
    row(SETTINGS.map(() => '---').concat('---')),
    ...Object.entries(readTimes()).map(([name, times]) => row([name, ...SETTINGS.map((one) => seconds(times[one]))])),
    '',
  ].join('\n');
}

/** Returns the document with its table made anew. */
export function packageDocs(): string {
  return withPart(DOCUMENT, 'packages', packageTable());
}
