// How each host of host-table.ts is started: programs come from npm the first time. Refuses nothing.
import { fromNpm } from '../../scripts/from-npm.js';
import { BUN, DENO } from '../../scripts/hosts-on-npm.js';
import { newestNode } from '../../scripts/newest-node.js';
import type { AskedHost } from './asked-host.js';
import { BareHost } from './bare-host.js';
import type { HostName } from './host-table.js';
import { NodeHost } from './node-host.js';
import { PageHost } from './page-host.js';

/** The last of their lines when this was written. */
const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };
const MODES = ['interp', 'jit', 'host'];
/** Where there is no WebAssembly that could be used. */
const WITHOUT_HOST = ['interp', 'jit'];

/** The Node of that line; the one that runs this where it is. */
function node(line: keyof typeof NODES): string | null {
  if (process.versions.node.startsWith(`${line}.`)) return process.execPath;
  return fromNpm({ package: 'node', version: NODES[line], file: 'bin/node' });
}
function nodeHost(program: string | null, flags: readonly string[] = [], modes = MODES, limited = false) {
  return program === null
    ? undefined
    : new NodeHost({ words: [program, ...flags], preload: '--import', modes, limited });
}
/** @param words that run a file @param preload the flag that has another loaded before it */
function otherHost(program: string | null, words: readonly string[], preload: string) {
  return program === null ? undefined : new NodeHost({ words: [program, ...words], preload, modes: MODES });
}

const HOSTS: Readonly<Record<HostName, () => AskedHost | undefined | Promise<AskedHost | undefined>>> = {
  'Node 20': () => nodeHost(node(20)),
  'Node 22': () => nodeHost(node(22)),
  'Node 24': () => nodeHost(node(24)),
  'Node 26': () => nodeHost(newestNode()),
  'Node, jitless': () => nodeHost(process.execPath, ['--jitless', '--no-warnings'], WITHOUT_HOST),
  'Node, little address space': () => nodeHost(process.execPath, [], WITHOUT_HOST, true),
  Bun: () => otherHost(fromNpm(BUN), [], '--preload'),
  Deno: () => otherHost(fromNpm(DENO), ['run', '--allow-all', '--quiet'], '--preload'),
  'Chromium, a page': () => PageHost.open('plain'),
  'Chromium, an isolated page': () => PageHost.open('isolated'),
  "Chromium, script-src 'self'": () => PageHost.open('strict'),
  QuickJS: () => BareHost.quickJs(),
  Hermes: () => BareHost.hermes(),
};

/** @returns undefined where it cannot be had */
export async function openHost(name: HostName): Promise<AskedHost | undefined> {
  return HOSTS[name]();
}
