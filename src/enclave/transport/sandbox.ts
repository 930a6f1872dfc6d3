// The command line that starts a child with as few rights as it can work with: resource limits, bubblewrap if asked for, the permission model of Node or
// Deno. It is computed from SystemFacts alone.
// Refuses bubblewrap where it is not installed, rather than going without; refuses hosts without a permission model, by name.
import { EnclaveError } from '../protocol/enclave-errors.js';
import { codeCacheWords } from '../protocol/transport.js';

export interface SandboxOptions {
  readonly codeFolder: string;
  readonly codeCache?: string | undefined;
  readonly allowRead?: readonly string[] | undefined;
  readonly heapMiB?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly bubblewrap?: boolean | undefined;
  readonly allowWorkers?: boolean | undefined;
}

/** What the operating system and the JavaScript environment provide, on which the command line depends. */
export interface SystemFacts {
  /** What runs this program, and will run the child. */
  readonly host: 'node' | 'deno' | 'bun';
  readonly nodePath: string;
  readonly platform: string;
  /** The path of the entry file. */
  readonly entryPath: string;
  /** Node's flag for the permission model; undefined where it has none. */
  readonly permissionFlag: string | undefined;
  exists(path: string): boolean;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

const SHELL = '/bin/sh';
/** This program is a part of util-linux, which every Linux distribution with a shell has. */
const SETPRIV = '/usr/bin/setpriv';
const BUBBLEWRAP_PATHS = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'];
/** The folders in which a program finds its dynamic libraries. */
const LIBRARY_FOLDERS = ['/lib', '/lib64', '/lib32', '/usr/lib', '/usr/lib64', '/usr/libexec', '/nix/store'];
const DEFAULT_HEAP_MIB = 512;
const DEFAULT_MEMORY_MIB = 2_048;
/** The most open files of the child: Node loads all modules of a program at once. */
const MAX_OPEN_FILES = 512;

export function sandboxCommand(options: SandboxOptions, system: SystemFacts): Command {
  const node = HOST_COMMANDS[system.host](options, system);
  const wrapped = options.bubblewrap ? underBubblewrap(node, options, system) : node;
  return underLimits(endingWithParent(wrapped, system), options, system);
}

function nodeCommand(options: SandboxOptions, system: SystemFacts): Command {
  if (!system.permissionFlag) {
    throw new EnclaveError(
      'unavailable',
      "this Node has no permission model: transport 'process' needs Node 20 or later",
    );
  }
  // The child may only read: it may neither write nor start processes or addons, nor workers unless guests' threads are to run in some.
  const readable = [...foldersOf(options).map((folder) => `${folder}/*`), ...(options.allowRead ?? [])];
  return {
    command: system.nodePath,
    args: [
      system.permissionFlag,
      ...readable.map((path) => `--allow-fs-read=${path}`),
      ...(options.allowWorkers ? ['--allow-worker'] : []),
      `--max-old-space-size=${options.heapMiB ?? DEFAULT_HEAP_MIB}`,
      '--no-warnings',
      '--no-addons',
      '--disable-proto=delete',
      system.entryPath,
      ...codeCacheWords(options.codeCache),
    ],
  };
}

/** Deno grants nothing by itself, and asks nobody where it may not. */
function denoCommand(options: SandboxOptions, system: SystemFacts): Command {
  const readable = [...foldersOf(options), ...(options.allowRead ?? [])];
  return {
    command: system.nodePath,
    args: [
      'run',
      '--quiet',
      '--no-prompt',
      '--no-config',
      `--allow-read=${readable.join(',')}`,
      `--v8-flags=--max-old-space-size=${options.heapMiB ?? DEFAULT_HEAP_MIB}`,
      system.entryPath,
      ...codeCacheWords(options.codeCache),
    ],
  };
}

function bunCommand(): never {
  throw new EnclaveError(
    'unavailable',
    "Bun has no permission model, so transport 'process' could not take a child's rights: use 'worker', or a launcher that starts the entry file with Node or Deno",
  );
}

const HOST_COMMANDS: Readonly<Record<SystemFacts['host'], (options: SandboxOptions, system: SystemFacts) => Command>> =
  { node: nodeCommand, deno: denoCommand, bun: bunCommand };

/** Returns the folders that the child always reads: its code, and what V8 made of it. */
function foldersOf({ codeFolder, codeCache }: SandboxOptions): readonly string[] {
  return codeCache === undefined ? [codeFolder] : [codeFolder, codeCache];
}

function underBubblewrap(inner: Command, options: SandboxOptions, system: SystemFacts): Command {
  const command = BUBBLEWRAP_PATHS.find((path) => system.exists(path));
  if (!command) {
    throw new EnclaveError(
      'unavailable',
      'bubblewrap was asked for and is not installed: install the package bubblewrap, or leave the option out',
    );
  }
  const visible = [...LIBRARY_FOLDERS.filter((path) => system.exists(path)), system.nodePath, ...foldersOf(options)];
  return {
    command,
    args: [
      '--unshare-all',
      '--die-with-parent',
      '--new-session',
      '--clearenv',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      ...[...visible, ...(options.allowRead ?? [])].flatMap((path) => ['--ro-bind', path, path]),
      '--chdir',
      '/',
      '--',
      inner.command,
      ...inner.args,
    ],
  };
}

/** Makes the child end with its parent process, even while an endless guest keeps it from noticing that its pipe was closed. */
function endingWithParent(inner: Command, system: SystemFacts): Command {
  if (system.platform !== 'linux' || !system.exists(SETPRIV)) return inner;
  return { command: SETPRIV, args: ['--pdeathsig', 'KILL', '--', inner.command, ...inner.args] };
}

/** Forbids core dumps, and bounds open files and, on Linux, private memory. The shell sets the limits and then becomes the command. */
function underLimits(inner: Command, options: SandboxOptions, system: SystemFacts): Command {
  if (system.platform === 'win32' || !system.exists(SHELL)) return inner;
  const limits = ['ulimit -c 0', atMost('-n', MAX_OPEN_FILES)];
  if (system.platform === 'linux') limits.push(atMost('-d', (options.memoryMiB ?? DEFAULT_MEMORY_MIB) * 1_024));
  return { command: SHELL, args: ['-c', `${limits.join(' && ')} && exec "$0" "$@"`, inner.command, ...inner.args] };
}

/** Returns the shell command that sets a limit. If it is refused because the limit is already lower, that is as good. */
function atMost(limit: string, value: number): string {
  return `{ ulimit ${limit} ${value} 2>/dev/null || [ "$(ulimit -H ${limit})" -lt ${value} ]; }`;
}
