// The trusted side in a child process, isolated by the operating system. The child has no environment, none of this process's standard streams, no
// files but its own code (Node's permission model) and a cap on memory; bubblewrap can isolate it further. Packets go over a socket pair, length
// first. This is the untrusted end; the child's is process-inside.ts. Refuses sync calls.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { EnclaveError } from '../protocol/enclave-errors.js';
import { MAX_PACKET_BYTES, type PacketBuffer } from '../protocol/packet.js';
import type { OcallHandler, Transport } from '../protocol/transport.js';
import { FrameReader, frameHeader } from './frames.js';
import { AbortWord } from './process-abort-word.js';
import { CHILD_FD } from './process-inside.js';
import { type SystemFacts, sandboxCommand } from './sandbox.js';
import { ConversationConnection, UntrustedConversation } from './untrusted-conversation.js';

/** How a child process is made, for embedders. */
export interface ProcessSettings {
  /** Files and folders that the child may read, beside its code; none unless given. */
  readonly allowRead?: readonly string[] | undefined;
  /** MiB of JavaScript heap. Default 512. */
  readonly heapMiB?: number | undefined;
  /** MiB of memory in all, guest memories included; a child beyond it is killed, where the operating system reports it. Default 2048. */
  readonly memoryMiB?: number | undefined;
  /** Whether the child runs under bubblewrap: without a network, without other processes, with only the files that it needs. */
  readonly bubblewrap?: boolean | undefined;
  /**
   * Whether the threads of guests may run in workers inside the child; if not, they run in turn. Node does not hold workers to the rights of their process:
   * whoever takes over the child's JavaScript can then do there what the child could without Node's permission model. With bubblewrap that is little.
   */
  readonly allowWorkers?: boolean | undefined;
  /**
   * Command and arguments that run the entry file elsewhere (in a container, under Gramine, on another machine). The wire is the command's
   * standard input and output. The command decides what is isolated.
   */
  readonly launcher?: readonly string[] | undefined;
  /** Largest packet in bytes. Default 256 MiB. */
  readonly maxPacketBytes?: number | undefined;
}

export interface ProcessOptions extends ProcessSettings {
  /** Path of the file that calls serveProcess(). */
  readonly entry: string;
  /** Folder that the child may read: its code. */
  readonly codeFolder: string;
  /** A folder with code that V8 made of the entry, which the child may read; none unless given. */
  readonly codeCache?: string | undefined;
  /** Passed to the entry unchanged: data that JSON can hold. */
  readonly settings?: unknown;
}

const DEFAULT_MAX_PACKET = 268_435_456;
/** Milliseconds between two checks of the child's memory while a call runs. */
const MEMORY_CHECK_MS = 50;
/** Milliseconds that a child has to end by itself when it is closed. */
const CLOSE_GRACE_MS = 500;
/** Characters that are kept of the child's standard error, which says why it failed. */
const STDERR_KEPT = 4_096;
const PAGE_BYTES = 4_096;

/** The transport 'process'. */
export function processTransport(options: ProcessOptions): Transport {
  const maxPacketBytes = Math.min(options.maxPacketBytes ?? DEFAULT_MAX_PACKET, MAX_PACKET_BYTES);
  return {
    name: 'process',
    sync: false,
    maxPacketBytes,
    nests: true,
    canBeEnded: true,
    open: (ocall, failed) => new ProcessConnection(options, maxPacketBytes, ocall, failed),
  };
}

class ProcessConnection extends ConversationConnection {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #incoming: Socket;
  protected readonly conversation: UntrustedConversation;
  readonly #frames: FrameReader;
  readonly #exited: Promise<void>;
  readonly #memoryLimit: number;
  readonly reachesGuests: boolean;
  #stderr = '';
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ProcessOptions, maxPacketBytes: number, ocall: OcallHandler, failed?: () => void) {
    super();
    this.#frames = new FrameReader(maxPacketBytes);
    // What a launcher starts may be anywhere.
    const word = options.launcher ? undefined : AbortWord.make();
    this.reachesGuests = word !== undefined;
    this.#child = started(options, word);
    this.#memoryLimit = (options.memoryMiB ?? 2_048) * 1_048_576;
    const { stdin, stdout, stderr, stdio } = this.#child;
    this.#socket = (options.launcher ? stdin : stdio[CHILD_FD]) as Socket;
    this.#incoming = (options.launcher ? stdout : this.#socket) as Socket;
    this.conversation = new UntrustedConversation(
      {
        send: (packet) => this.#send(packet),
        abort: (sequence) => word?.write(sequence),
        now: () => performance.now(),
      },
      ocall,
      failed,
    );
    this.#incoming.on('data', (chunk: Uint8Array) => {
      this.#frames.give(chunk);
      this.#takeNext();
    });
    for (const end of this.#ends()) end.on('error', () => {});
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.conversation.fail(cannotStart(error));
        word?.close();
        resolve();
      });
      // 'close' is emitted after the streams have ended, so the cause on standard error is complete.
      this.#child.once('close', (code, signal) => {
        this.conversation.fail(deathOf(code, signal, this.#stderr));
        this.#stopWatching();
        word?.close();
        resolve();
      });
    });
    letGo([this.#child, ...this.#ends(), stderr as Socket | null]);
    this.#sendBytes(new TextEncoder().encode(JSON.stringify(options.settings ?? null)));
  }

  override callSync(): never {
    throw new EnclaveError('refused', "transport 'process' has async calls only");
  }
  /** The time of the child and, under bubblewrap, of its children. */
  processorClock(): () => number | undefined {
    let before = processorMs(this.#child.pid);
    return () => {
      const now = processorMs(this.#child.pid);
      const since = now === undefined || before === undefined ? undefined : now - before;
      before = now;
      return since;
    };
  }
  protected kill(): void {
    this.#child.kill('SIGKILL');
    this.keepAlive();
  }
  async close(): Promise<void> {
    this.conversation.fail(new EnclaveError('closed', 'the enclave is closed'));
    this.#stopWatching();
    // The child ends when its input ends; one that does not is killed.
    this.#socket.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_GRACE_MS);
    this.#child.ref();
    await this.#exited;
    clearTimeout(kill);
    for (const end of this.#ends()) end.destroy();
  }

  /** Returns the streams of the wire: one for both directions, or two. */
  #ends(): Set<Socket> {
    return new Set([this.#socket, this.#incoming]);
  }

  #send(packet: PacketBuffer): void {
    this.#sendBytes(packet.bytes());
  }
  #sendBytes(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    socket.cork();
    socket.write(frameHeader(bytes.length));
    // The packet is copied, because the caller reuses its buffer and the socket may write later.
    socket.write(bytes.slice());
    socket.uncork();
  }
  /**
   * Takes one packet, and the next one in another turn of the event loop, after the answer to this one has left the process: a child that asks
   * without reading the answers must neither make them pile up here nor keep deadlines from being checked. An honest child sends one at a time.
   */
  #takeNext(): void {
    try {
      if (this.conversation.failure) return;
      const packet = this.#frames.next();
      if (packet === undefined) {
        if (this.#incoming.isPaused()) this.#incoming.resume();
        return;
      }
      this.conversation.received(packet);
    } catch (error) {
      this.fail(new EnclaveError('protocol', `the child broke the protocol: ${(error as Error).message}`, error));
    }
    if (this.conversation.failure?.failure === 'protocol') this.#child.kill('SIGKILL');
    this.keepAlive();
    const socket = this.#socket;
    const waits = socket.writableLength > 0 && socket.writable;
    if (!waits && this.#frames.left === 0) {
      if (this.#incoming.isPaused()) this.#incoming.resume();
      return;
    }
    this.#incoming.pause();
    const later = () => setImmediate(() => this.#takeNext());
    // This is called when everything that was written before has left the process.
    if (waits) socket.write('', later);
    else later();
  }

  /** This process keeps running, and watches the child's memory, while a call waits. */
  protected keepAlive(): void {
    if (this.conversation.pending === 0) {
      letGo([this.#child, ...this.#ends()]);
      this.#stopWatching();
      return;
    }
    hold([this.#child, ...this.#ends()]);
    this.#watch ??= setInterval(() => this.#checkMemory(), MEMORY_CHECK_MS).unref();
  }
  #stopWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
  #checkMemory(): void {
    const resident = residentBytes(this.#child.pid);
    if (resident > this.#memoryLimit) {
      const text = `the process held ${resident} bytes, and its limit is ${this.#memoryLimit}`;
      this.fail(new EnclaveError('out-of-memory', text));
    }
  }
}

/** What keeps this process running while it is held. Bun's pipes have no such methods. */
type Handle = { ref?(): unknown; unref?(): unknown } | null;

function hold(handles: Iterable<Handle>): void {
  for (const handle of handles) handle?.ref?.();
}
function letGo(handles: Iterable<Handle>): void {
  for (const handle of handles) handle?.unref?.();
}

function started(options: ProcessOptions, word: AbortWord | undefined): ChildProcess {
  try {
    return start(options, word?.childsDescriptor ?? 'ignore');
  } catch (error) {
    word?.close();
    throw error;
  } finally {
    if (word) closeSync(word.childsDescriptor);
  }
}
/** @param aborted the child's descriptor of the word for calls that were given up */
function start(options: ProcessOptions, aborted: number | 'ignore'): ChildProcess {
  const { launcher } = options;
  if (launcher) {
    const [command, ...args] = launcher;
    if (!command) throw new EnclaveError('unavailable', 'launcher: a command and its arguments are wanted');
    const { PATH, HOME } = process.env;
    return spawned(command, args, { env: { PATH, HOME }, stdio: ['pipe', 'pipe', 'pipe'] });
  }
  const { command, args } = sandboxCommand(options, systemFacts(options.entry));
  // No shell, no environment, and standard error only as a pipe to this process.
  return spawned(command, args, { env: {}, stdio: ['ignore', 'ignore', 'pipe', 'pipe', aborted], cwd: '/' });
}

function spawned(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  let child: ChildProcess;
  try {
    child = spawn(command, args, options);
  } catch (error) {
    throw cannotStart(error as Error);
  }
  if ((child as { readonly stdio?: unknown }).stdio === undefined) {
    // No descriptors were left for its streams. Node emits an error later, which would end this process if it had no listener.
    child.once('error', () => {});
    throw cannotStart(new Error('this process has no file descriptors left'));
  }
  return child;
}
function cannotStart(error: Error): EnclaveError {
  return new EnclaveError('unavailable', `the process cannot be started: ${error.message}`, error);
}

function systemFacts(entry: string): SystemFacts {
  const flags = process.allowedNodeEnvironmentFlags;
  const { bun, deno } = process.versions;
  return {
    host: bun !== undefined ? 'bun' : deno !== undefined ? 'deno' : 'node',
    nodePath: process.execPath,
    platform: process.platform,
    entryPath: entry,
    permissionFlag: ['--permission', '--experimental-permission'].find((flag) => flags.has(flag)),
    exists: existsSync,
  };
}

/** Returns the memory of a process in bytes, and under bubblewrap of its child; 0 where the operating system does not report it. */
function residentBytes(pid: number | undefined): number {
  return (
    overChildren(pid, (folder) => Number(readFileSync(`${folder}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES) ?? 0
  );
}
/** Returns the processor time that they had, in milliseconds; undefined where the operating system does not report it. */
function processorMs(pid: number | undefined): number | undefined {
  return overChildren(pid, (folder) => {
    const stat = readFileSync(`${folder}/stat`, 'latin1');
    // The name before may have any character. The fields are the 14th and 15th, in hundredths of a second.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  });
}
/** Sums over a process and its children. @param of what one has, by its folder in /proc */
function overChildren(pid: number | undefined, of: (folder: string) => number): number | undefined {
  try {
    const own = of(`/proc/${pid}`);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    if (children === '') return own;
    return children.split(' ').reduce((sum, child) => sum + (overChildren(Number(child), of) ?? 0), own);
  } catch {
    return undefined;
  }
}

function deathOf(code: number | null, signal: string | null, stderr: string): EnclaveError {
  const lines = stderr.trim().split('\n');
  const said = lines.find((line) => /error/i.test(line)) ?? lines[0]!;
  if (/heap out of memory|Cannot allocate memory|bad_alloc/.test(stderr)) {
    return new EnclaveError('out-of-memory', `the process ran out of memory: ${said}`);
  }
  if (signal !== null) return new EnclaveError('killed', `the process was ended by ${signal}${said && `: ${said}`}`);
  return new EnclaveError('exit', `the process ended with code ${code}${said && `: ${said}`}`);
}
