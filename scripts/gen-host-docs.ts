// The table of docs/hosts.md: what each host can do, and why not what it cannot. It is made from test/hosts/host-table.ts, whose every cell
// `npm run test:hosts` tries. Refuses nothing.
import { ABILITIES, type Ability, HOSTS, type HostName, lackOf } from '../test/hosts/host-table.js';
import { withPart } from './marked-part.js';

const DOCUMENT = 'docs/hosts.md';

function hostTable(): string {
  const abilities = Object.keys(ABILITIES) as Ability[];
  const reasons: string[] = [];
  const cell = (host: HostName, ability: Ability): string => {
    const why = lackOf(host, ability)?.why;
    if (why === undefined) return 'yes';
    if (!reasons.includes(why)) reasons.push(why);
    return `no (${reasons.indexOf(why) + 1})`;
  };
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = (Object.keys(HOSTS) as HostName[]).map((host) => {
    return row([host, ...abilities.map((ability) => cell(host, ability))]);
  });
  return [
    row(['host', ...abilities]),
    row(['---', ...abilities.map(() => '---')]),
    ...rows,
    '',
    ...abilities.map((ability) => `- **${ability}**: ${ABILITIES[ability]}`),
    '',
    'Why not:',
    '',
    ...reasons.map((why, k) => `${k + 1}. ${why}`),
    '',
  ].join('\n');
}

/** Returns the document with its table made anew. */
export function hostDocs(): string {
  return withPart(DOCUMENT, 'hosts', hostTable());
}
