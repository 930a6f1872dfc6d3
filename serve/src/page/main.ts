// The page: asks for the state once a second and writes it down. Everything is a text node, as names are others'. Refuses to show anything without the
// token of the API, which it keeps for this tab alone.
import { type DeadJob, type FunctionStatus, faultsOf, type Status, type TenantStatus } from './status.js';

const EVERY_MS = 1_000;
const TOKEN = 'enclasm-serve-token';

const at = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const count = (value: number | undefined): string => (value === undefined ? '' : value.toLocaleString('en'));
const ms = (value: number | undefined): string =>
  value === undefined ? '' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

type Cell = string | Node | { readonly bad: string };
function element(name: string, ...inside: (string | Node)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...inside);
  return made;
}
function fill(table: HTMLElement, titles: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const head = titles.map((title) => {
    const made = element('th', title) as HTMLTableCellElement;
    made.scope = 'col';
    return made;
  });
  const body = rows.map((cells) =>
    element(
      'tr',
      ...cells.map((cell) => {
        if (typeof cell === 'string' || cell instanceof Node) return element('td', cell);
        const made = element('td', cell.bad);
        made.className = 'bad';
        return made;
      }),
    ),
  );
  table.replaceChildren(element('thead', element('tr', ...head)), element('tbody', ...body));
}

function functionRow({ name, convention, calls = 0, failed = 0, p50, p99, running, sha256 }: FunctionStatus): Cell[] {
  return [
    name,
    convention,
    count(calls),
    failed > 0 ? { bad: count(failed) } : '0',
    ms(p50),
    ms(p99),
    count(running),
    sha256.slice(0, 12),
  ];
}
function tenantRow({ name, weight, waiting, queue, running, used }: TenantStatus): Cell[] {
  const meter = document.createElement('meter');
  Object.assign(meter, { max: Math.max(1, queue), high: queue / 2, value: waiting });
  meter.setAttribute('aria-label', `${waiting} of ${queue} places of the queue of ${name}`);
  return [name, String(weight), count(waiting), meter, count(running), count(used?.calls ?? 0), count(used?.fuel ?? 0)];
}

function ask(address: string, method = 'GET'): Promise<Response> {
  return fetch(address, { method, headers: { authorization: `Bearer ${sessionStorage.getItem(TOKEN)}` } });
}
/** Asks for something to be done with a dead job, says what the answer was, and looks again. */
function button(text: string, job: string, address: string, method: string): HTMLElement {
  const made = element('button', text) as HTMLButtonElement;
  made.type = 'button';
  made.setAttribute('aria-label', `${text} job ${job}`);
  made.addEventListener('click', async () => {
    made.disabled = true;
    const answer = await ask(address, method);
    at('job-answer').textContent = `${text} job ${job}: ${answer.ok ? 'done' : answer.status}`;
    await look();
  });
  return made;
}
function deadRow({ letter, tenant, function: name, job, tries, since, problem }: DeadJob): Cell[] {
  const address = `/api/dead-jobs/${letter}`;
  return [
    job,
    tenant,
    name,
    new Date(since).toLocaleString(),
    count(tries),
    { bad: problem.detail },
    button('Retry', job, `${address}/retry`, 'POST'),
    button('Delete', job, address, 'DELETE'),
  ];
}
let shownDead = '';
/** Written only when it changes, so that a button is not lost under the hand. */
async function showDead({ jobs }: Status): Promise<void> {
  const isThere = jobs !== undefined && jobs !== 'unknown';
  at('jobs').hidden = !isThere;
  if (!isThere) return;
  const answer = jobs.dead === 0 ? undefined : await ask('/api/dead-jobs');
  if (answer?.ok === false) return;
  const dead = answer === undefined ? [] : ((await answer.json()) as DeadJob[]);
  const text = JSON.stringify(dead);
  if (text === shownDead) return;
  shownDead = text;
  fill(at('dead'), ['job', 'tenant', 'function', 'since', 'tries', 'reason', 'again', 'away'], dead.map(deadRow));
}

let last: { readonly calls: number; readonly at: number } | undefined;
/** Calls a second since the last time. */
function rateOf({ functions }: Status): string {
  const now = { calls: functions.reduce((sum, { calls = 0 }) => sum + calls, 0), at: performance.now() };
  const rate = last === undefined ? 0 : (1_000 * Math.max(0, now.calls - last.calls)) / (now.at - last.at);
  last = now;
  return count(Math.round(rate));
}

function show(status: Status): void {
  const { ready, waiting, running, pool, functions, tenants, jobs } = status;
  const faults = faultsOf(status);
  const state = at('state');
  state.className = !ready ? 'bad' : faults.length > 0 ? 'warn' : 'good';
  state.textContent = !ready ? 'takes no calls' : faults.length > 0 ? 'needs a look' : 'all is well';
  at('faults').replaceChildren(...faults.map((fault) => element('li', fault)));
  const figures = {
    'Calls a second': rateOf(status),
    Running: count(running),
    Waiting: count(waiting),
    'Enclaves busy': `${pool.busy} / ${pool.busy + pool.idle}`,
    'Enclaves replaced': count(pool.recycled),
    ...(jobs !== undefined && { 'Jobs waiting': jobs === 'unknown' ? '?' : count(jobs.waiting) }),
  };
  at('figures').replaceChildren(
    ...Object.entries(figures).map(([name, value]) => element('div', element('dt', name), element('dd', value))),
  );
  fill(
    at('functions'),
    ['name', 'convention', 'calls', 'failed', 'p50', 'p99', 'running', 'module'],
    functions.map(functionRow),
  );
  fill(
    at('tenants'),
    ['name', 'weight', 'waiting', 'queue', 'running', 'calls', 'instructions'],
    tenants.map(tenantRow),
  );
}

async function look(): Promise<void> {
  const token = sessionStorage.getItem(TOKEN);
  let isKnown = token !== null;
  try {
    if (token !== null) {
      const answer = await ask('/api/status');
      isKnown = answer.status !== 401;
      if (answer.ok) {
        const status = (await answer.json()) as Status;
        show(status);
        await showDead(status);
      }
      if (!isKnown) at('refused').textContent = ((await answer.json()) as { detail: string }).detail;
    }
    if (!isKnown) at('state').textContent = '';
  } catch {
    at('state').className = 'bad';
    at('state').textContent = 'does not answer';
  }
  at('login').hidden = isKnown;
  at('shown').hidden = !isKnown;
}

at<HTMLFormElement>('login').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, at<HTMLInputElement>('token').value);
  void look();
});
void look();
setInterval(() => void look(), EVERY_MS);
