// npm run test:hosts [-- WORD...]: what each host can do, tried cell by cell of host-table.ts: Nodes of every line, Node without code generation and with little
// address space, Bun and Deno, pages of Chromium, QuickJS, Hermes. Programs come from npm the first time. Words are parts of names of hosts and of
// abilities (`-- bun packages`). What a host lacks is skipped with its reason, once it was seen to be refused as the table says; a cell that can do more
// than the table says fails. Exit code 1 when a cell fails or a host cannot be had, 2 for wrong use.
import { ABILITIES, type Ability, HOSTS, type HostName, lackOf } from './host-table.js';
import { openHost } from './open-host.js';

interface Cell {
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly text: string;
}
const MARKS = { passed: 'yes', failed: 'NO', skipped: '-' };

/** @param failure what the host said instead of doing it */
function judged(host: HostName, ability: Ability, failure: string | undefined): Cell {
  const lack = lackOf(host, ability);
  if (lack === undefined)
    return failure === undefined ? { state: 'passed', text: '' } : { state: 'failed', text: failure };
  if (failure === undefined) return { state: 'failed', text: `it can, but host-table.ts says: ${lack.why}` };
  if (!lack.says!.test(failure))
    return { state: 'failed', text: `it is refused otherwise than ${lack.says}: ${failure}` };
  return { state: 'skipped', text: lack.why };
}

async function cellsOf(name: HostName, abilities: readonly Ability[]): Promise<Map<Ability, Cell>> {
  const cells = new Map<Ability, Cell>();
  const host = await openHost(name);
  for (const ability of abilities) {
    const lack = lackOf(name, ability);
    let cell: Cell;
    if (host === undefined)
      cell = { state: 'failed', text: 'the host cannot be had: is the npm registry reachable, is Chromium installed?' };
    // There is nothing to ask with.
    else if (lack?.says === null) cell = { state: 'skipped', text: lack.why };
    else cell = judged(name, ability, await host.ask(ability));
    cells.set(ability, cell);
    console.log(`${cell.state.padEnd(8)}${name}: ${ability}${cell.text && `: ${cell.text}`}`);
  }
  await host?.close();
  return cells;
}

/** @returns those that a word is part of; all where no word is part of any */
function chosen<Name extends string>(names: readonly Name[], words: readonly string[]): Name[] {
  const named = names.filter((name) => words.some((word) => name.toLowerCase().includes(word.toLowerCase())));
  return named.length > 0 ? named : [...names];
}

async function main(words: readonly string[]): Promise<number> {
  const [hosts, abilities] = [Object.keys(HOSTS) as HostName[], Object.keys(ABILITIES) as Ability[]];
  const unknown = words.find(
    (word) => ![...hosts, ...abilities].some((name) => name.toLowerCase().includes(word.toLowerCase())),
  );
  if (unknown !== undefined) {
    console.error(`'${unknown}' is part of no host (${hosts.join('; ')}) and of no ability (${abilities.join(', ')})`);
    return 2;
  }
  const columns = chosen(abilities, words);
  const rows: [HostName, Map<Ability, Cell>][] = [];
  for (const name of chosen(
    hosts,
    words.filter((word) => !(word in ABILITIES)),
  ))
    rows.push([name, await cellsOf(name, columns)]);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const line = (first: string, cells: readonly string[]): string =>
    first.padEnd(width) + cells.map((cell, k) => cell.padEnd(columns[k]!.length + 2)).join('');
  console.log(`\n${line('', columns)}`);
  for (const [name, cells] of rows)
    console.log(
      line(
        name,
        columns.map((ability) => MARKS[cells.get(ability)!.state]),
      ),
    );
  const all = rows.flatMap(([, cells]) => [...cells.values()]);
  const count = (state: Cell['state']): number => all.filter((cell) => cell.state === state).length;
  console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  return count('failed') === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
