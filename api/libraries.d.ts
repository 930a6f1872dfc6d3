// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.
import { EnclasmError } from './embed.js';
import { MemoryType } from './binary.js';
import { NativeSymbol } from './embed.js';
import { TableType } from './binary.js';
import { ValType } from './binary.js';
import { WasmValue } from './embed.js';

/** Every library: what a runtime has unless `RuntimeHost.libraries` says otherwise. */
export declare const ALL_LIBRARIES: readonly Library[];

/** The name of an error number of WASI preview 1. */
export type ErrnoName = 'ESUCCESS' | 'E2BIG' | 'EACCES' | 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'EAFNOSUPPORT' | 'EAGAIN' | 'EALREADY' | 'EBADF' | 'EBADMSG' | 'EBUSY' | 'ECANCELED' | 'ECHILD' | 'ECONNABORTED' | 'ECONNREFUSED' | 'ECONNRESET' | 'EDEADLK' | 'EDESTADDRREQ' | 'EDOM' | 'EDQUOT' | 'EEXIST' | 'EFAULT' | 'EFBIG' | 'EHOSTUNREACH' | 'EIDRM' | 'EILSEQ' | 'EINPROGRESS' | 'EINTR' | 'EINVAL' | 'EIO' | 'EISCONN' | 'EISDIR' | 'ELOOP' | 'EMFILE' | 'EMLINK' | 'EMSGSIZE' | 'EMULTIHOP' | 'ENAMETOOLONG' | 'ENETDOWN' | 'ENETRESET' | 'ENETUNREACH' | 'ENFILE' | 'ENOBUFS' | 'ENODEV' | 'ENOENT' | 'ENOEXEC' | 'ENOLCK' | 'ENOLINK' | 'ENOMEM' | 'ENOMSG' | 'ENOPROTOOPT' | 'ENOSPC' | 'ENOSYS' | 'ENOTCONN' | 'ENOTDIR' | 'ENOTEMPTY' | 'ENOTRECOVERABLE' | 'ENOTSOCK' | 'ENOTSUP' | 'ENOTTY' | 'ENXIO' | 'EOVERFLOW' | 'EOWNERDEAD' | 'EPERM' | 'EPIPE' | 'EPROTO' | 'EPROTONOSUPPORT' | 'EPROTOTYPE' | 'ERANGE' | 'EROFS' | 'ESPIPE' | 'ESRCH' | 'ESTALE' | 'ETIMEDOUT' | 'ETXTBSY' | 'EXDEV' | 'ENOTCAPABLE';

/** A clock for the times of files. */
export interface FileClock {
    /** Nanoseconds since 1970-01-01 UTC. */
    now(): bigint;
}

/** What every file-system operation throws: a guest gets the number, an embedder the name and the text. */
export declare class FileError extends EnclasmError {
    readonly name = "FileError";
    readonly kind = "file";
    /** The name of the error number that a guest gets. */
    readonly code: ErrnoName;
    /**
     * An error of a file system.
     * @param code the name of the error number
     * @param detail what the message says beside it
     */
    constructor(code: ErrnoName, detail?: string);
}

/** Times are nanoseconds since 1970-01-01 UTC. */
export interface FileStat {
    /** Which file system it is on. */
    readonly device: bigint;
    /** Its number there: the same for each name of a file. */
    readonly inode: bigint;
    /** What it is. */
    readonly type: FileType;
    /** How many names it has. */
    readonly links: bigint;
    /** Bytes; of a symbolic link, of its text. */
    readonly size: bigint;
    /** When it was read last. */
    readonly accessed: bigint;
    /** When its content was changed last. */
    readonly modified: bigint;
    /** When anything about it was changed last. */
    readonly changed: bigint;
}

/** What can be mounted for a guest. */
export interface FileSystem {
    /**
     * Opens its top directory for one guest, whose clock gives the times of what it writes. Throws FileError.
     * @param payer pays for memory that the guest's files take, if they are in memory
     */
    open(clock: FileClock, payer?: MemoryPayer): OpenDirectory;
}

/** What a name of a file system stands for. */
export type FileType = 'unknown' | 'block-device' | 'character-device' | 'directory' | 'regular-file' | 'socket-dgram' | 'socket-stream' | 'symbolic-link';

/** A clock that depends on nothing outside. */
export interface FixedClockOptions {
    /** What the first reading says, in nanoseconds since 1970, or a Date; 2024-01-01 unless given. */
    readonly start?: bigint | Date;
    /** How far each reading moves it on, in nanoseconds; 1 ms unless given, so that guests that wait by reading the clock end. */
    readonly tick?: bigint;
}

/** Gives the next bytes, null at the end. May be async where the guest can wait for it: docs/wasi.md, Streams. */
export type InputCallback = () => null | string | Uint8Array<ArrayBuffer | SharedArrayBuffer> | Promise<null | string | Uint8Array<ArrayBuffer | SharedArrayBuffer>>;

/** Where a guest's standard input comes from: nothing, the process's own, a text, bytes, a function, a stream or a file. */
export type InputOption = 'ignore' | 'inherit' | {
    readonly text: string;
} | Uint8Array | InputCallback | StreamInput | OpenFile;

/** One library; a runtime takes several. */
export interface Library {
    /** By the module name that guests import from. */
    readonly natives?: Readonly<Record<string, readonly NativeSymbol[]>>;
    /** Globals, tables and memories, by the module name that guests import from. */
    readonly externs?: Readonly<Record<string, LibraryExterns>>;
}

/** By name: immutable globals with their values, tables and memories by their types; each is made when first imported. */
export interface LibraryExterns {
    /** Immutable globals, by name. */
    readonly globals?: Readonly<Record<string, {
        readonly type: ValType;
        readonly value: WasmValue;
    }>>;
    /** Tables, by name. */
    readonly tables?: Readonly<Record<string, TableType>>;
    /** Memories, by name. */
    readonly memories?: Readonly<Record<string, MemoryType>>;
}

/** The names in a directory at one moment, without `.` and `..`. */
export interface Listing {
    /** The names, each once, in the order of the file system. */
    readonly names: readonly string[];
    /** Of one of the names; undefined when it is gone. */
    entry(name: string): {
        readonly inode: bigint;
        readonly type: FileType;
    } | undefined;
}

/** A file system in memory, to be mounted for guests and looked into afterwards. Nothing in it is the host's. */
export declare class MemoryFileSystem implements FileSystem {
    #private;
    /** A file system with these files. @throws FileError ENOSPC, EINVAL for a name with a slash. */
    constructor(files?: MemoryTree, options?: MemoryFileSystemOptions);
    open(clock: FileClock, payer?: MemoryPayer): OpenDirectory;
    /** Bytes that its files take. */
    get usedBytes(): number;
    /** All of its content, as the constructor takes it. */
    snapshot(): MemoryTree;
    /** The bytes of one file. @param path names between slashes, links not followed @throws FileError ENOENT, EISDIR */
    readFile(path: string): Uint8Array;
    /** The text of one file, which must be UTF-8. @throws FileError as readFile, EILSEQ */
    readText(path: string): string;
    /** Creates or replaces one file; its directories must exist. @throws FileError */
    writeFile(path: string, content: string | Uint8Array): void;
}

/** How much it may hold. */
export interface MemoryFileSystemOptions {
    /** Bytes of all files together; 64 MiB unless given. Beyond it: ENOSPC. */
    readonly maxBytes?: number;
    /** Files, directories and links; 65,536 unless given. Beyond it: ENOSPC. */
    readonly maxFiles?: number;
}

/** Whose memory it is. */
export interface MemoryPayer {
    /** False where so many bytes are not to be had: then nothing was taken. */
    take(bytes: number): boolean;
    /** Gives bytes back that were taken. */
    release(bytes: number): void;
}

/** What a path holds: text, bytes, a directory, or a symbolic link. */
export type MemoryTree = {
    readonly [name: string]: string | Uint8Array | MemoryTree | SymbolicLink;
};

/** What of the host's network a guest may use: nothing unless given. */
export interface NetworkOptions {
    /** Addresses that a guest may bind, connect and send to: `['127.0.0.1/32', '::1/128']`; nothing unless given. */
    readonly addressPool?: readonly string[];
    /** Names that it may look up: exact, or `*` and an ending (`*.example.com`); nothing unless given. */
    readonly allowResolve?: readonly string[];
}

/** What is asked of a readable stream of Node's. */
export interface NodeReadable extends StreamEmitter {
    /** Gives what is there, or null. */
    read(size?: number): unknown;
    /** Whether everything was read. */
    readonly readableEnded?: boolean;
    /** Whether it was destroyed. */
    readonly destroyed?: boolean;
    /** What it failed with. */
    readonly errored?: unknown;
}

/** What is asked of a writable stream of Node's. */
export interface NodeWritable extends StreamEmitter {
    /** Takes bytes; false where it wants no more for now. */
    write(chunk: Uint8Array, written: (error?: unknown) => void): boolean;
    /** Whether it was ended. */
    readonly writableEnded?: boolean;
    /** Whether it was destroyed. */
    readonly destroyed?: boolean;
}

/** `name` is one component: never empty, `.`, `..`, nor with a slash or NUL in it. Nothing here follows a symbolic link. */
export interface OpenDirectory extends OpenNode {
    /** It is a directory. */
    readonly type: 'directory';
    /** The file system that it belongs to. */
    readonly fileSystem: FileSystem;
    /** Opens, perhaps creates. Throws ELOOP for a symbolic link, ENOTDIR where a directory was asked for. Never blocks on a pipe. */
    open(name: string, how: OpenHow): OpenFile | OpenDirectory;
    /** For walking on: throws ENOTDIR for what is not a directory, symbolic links included. */
    openDirectory(name: string): OpenDirectory;
    /** The same directory once more. */
    duplicate(): OpenDirectory;
    /** The text of a symbolic link; EINVAL for anything else. */
    readLink(name: string): string;
    /** What a name stands for; a symbolic link is not followed. */
    statOf(name: string): FileStat;
    /** Sets times of what a name stands for, in nanoseconds; undefined leaves one as it is. */
    setTimesOf(name: string, accessed: bigint | undefined, modified: bigint | undefined): void;
    /** Its names. */
    list(): Listing;
    /** Makes an empty directory. */
    makeDirectory(name: string): void;
    /** Removes an empty directory. */
    removeDirectory(name: string): void;
    /** Removes a name that is no directory's. */
    unlink(name: string): void;
    /** Makes a symbolic link with this text, which is not looked at. */
    symbolicLink(text: string, name: string): void;
    /** A second name, in a directory of the same file system (EXDEV otherwise). */
    link(name: string, target: OpenDirectory, targetName: string): void;
    /** Gives something another name, in a directory of the same file system; what had that name is gone. */
    rename(name: string, target: OpenDirectory, targetName: string): void;
}

/** A regular file, a device, a pipe, a terminal, a callback: bytes in, bytes out. */
export interface OpenFile extends OpenNode {
    /** Has positions: a regular file. Others ignore `position`. */
    readonly seekable: boolean;
    /** Its place is shared with others who have it open, as a redirected standard stream's: a guest starts there, at OWN_PLACE. */
    readonly sharesPlace?: boolean;
    /** Whoever opened it made it append. */
    readonly appends?: boolean;
    /** Bytes from the start to its own place: where the last appending write ended, or that of all who share it. Absent: its end. */
    place?(): number;
    /** A person may sit at the other end. */
    readonly terminal?: boolean;
    /** Reading may run an embedder's or a host's code, even the guest: then `into` is not the guest's memory, which may move. */
    readonly callsBack?: boolean;
    /**
     * Reads up to `length` bytes to into[offset...]. Returns how many, 0 at the end; throws EAGAIN when nothing is there yet.
     * @param position in bytes from the file's start; OWN_PLACE only where `sharesPlace`
     */
    read(into: Uint8Array, offset: number, length: number, position: number): number;
    /**
     * Writes up to `length` bytes. Where the file was opened or set to append they go to its end, whatever `position` says, which may be
     * OWN_PLACE then: only so does `place()` move. Returns how many; throws EAGAIN when full.
     */
    write(from: Uint8Array, offset: number, length: number, position: number): number;
    /** Reads into several buffers at once; optional, for speed. */
    readVector?(into: readonly Uint8Array[], position: number): number;
    /** Writes from several buffers at once; optional, for speed. */
    writeVector?(from: readonly Uint8Array[], position: number): number;
    /** Bytes. */
    size(): number;
    /** Makes it shorter, or longer with zeros. */
    setSize(bytes: number): void;
    /** From now on, writes go to the end, or no longer do. */
    setAppend(append: boolean): void;
    /** Blocks until it may be ready, at most `ms`; optional: without it the caller looks again and again. */
    wait?(ms: number): void;
    /** Takes nothing from who cannot let the event loop go on. */
    readonly needsEventLoop?: boolean;
    /**
     * Of what the event loop must bring, or take away: resolves when reading may go on after EAGAIN, or what was written is taken; rejects
     * with a FileError. Undefined: nothing is under way. Who has this cannot be waited for without letting the event loop go on.
     */
    later?(direction: 'read' | 'write'): Promise<void> | undefined;
    /** Undefined: would block. Must not block itself. */
    ready(direction: 'read' | 'write', position: number): Readiness | undefined;
}

/** How a name is opened. */
export interface OpenHow {
    /** To be read. */
    readonly read: boolean;
    /** To be written. */
    readonly write: boolean;
    /** Makes a file where there is none. */
    readonly create: boolean;
    /** With create: refuse what exists. */
    readonly exclusive: boolean;
    /** Empties what is there. */
    readonly truncate: boolean;
    /** Refuse what is not a directory. */
    readonly directory: boolean;
    /** Writes go to the end. */
    readonly append: boolean;
    /** Each write waits for its medium, times included. */
    readonly sync: boolean;
    /** Each write waits until its data is on its medium. */
    readonly dataSync: boolean;
}

/** Something open. */
export interface OpenNode {
    /** What it is. */
    readonly type: FileType;
    /** What it is, how large, and its times. */
    stat(): FileStat;
    /** Nanoseconds; undefined leaves that time as it is. */
    setTimes(accessed: bigint | undefined, modified: bigint | undefined): void;
    /** Waits until what was written is on its medium. */
    sync(dataOnly: boolean): void;
    /** Frees it. Called once. */
    close(): void;
}

/** A platform that has files of its own. */
export interface OsFiles {
    /** A host directory as a file system. Throws FileError when it is opened. */
    directory(path: string): FileSystem;
    /** The process's own standard input (0), output (1) or error (2). */
    standardStream(descriptor: 0 | 1 | 2): OpenFile;
}

/** Gets each write's bytes; they are a copy. What it returns is not looked at, but a promise is waited for. */
export type OutputCallback = (chunk: Uint8Array) => unknown;

/** Where a guest's output goes: nowhere, to the process's own, to a function, a sink, a stream or a file. */
export type OutputOption = 'ignore' | 'inherit' | OutputCallback | OutputSink | StreamOutput | OpenFile;

/** Collects what a guest writes. */
export declare class OutputSink {
    #private;
    /** An empty sink. @param limit bytes it keeps; a write beyond them is ENOSPC to the guest; 16 MiB unless given */
    constructor(limit?: number);
    /** Returns the bytes that had room. */
    write(chunk: Uint8Array): number;
    /** Bytes that it has collected. */
    get length(): number;
    /** All bytes so far. */
    get bytes(): Uint8Array;
    /** All bytes as text; bytes that are not UTF-8 are an error (FileError EILSEQ). */
    get text(): string;
}

/** A host directory by its path, or any file system. */
export type Preopen = string | {
    readonly path: string;
    readonly readOnly?: boolean;
} | {
    readonly fileSystem: FileSystem;
    readonly readOnly?: boolean;
} | FileSystem;

/** Fills bytes with what the guest takes for random. */
export type RandomFill = (bytes: Uint8Array) => void;

/** Whether a read or write would go on at once: bytes that can move (at least 1), or that the other end is gone. */
export interface Readiness {
    /** Bytes that can move at once. */
    readonly bytes: number;
    /** Whether the other end is gone. */
    readonly hangup: boolean;
}

/** What is asked of Node's streams: no more, so that others of their kind do. */
export interface StreamEmitter {
    /** Has a listener called at each event of a name. */
    on(event: string, listener: (...args: unknown[]) => void): unknown;
    /** Takes a listener back. */
    off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** A stream that a guest can read: Node's, the web's, or an async iterable. */
export type StreamInput = NodeReadable | WebReadable | AsyncIterable<Uint8Array | string>;

/** A stream that a guest can write to: Node's or the web's. */
export type StreamOutput = NodeWritable | WebWritable;

/** A symbolic link in a MemoryTree. */
export declare class SymbolicLink {
    /** The text that it holds, which is not looked at. */
    readonly target: string;
    /** A link. @param target a path, which need not exist */
    constructor(target: string);
}

/** Nanoseconds everywhere. */
export interface WasiClock {
    /** Since 1970-01-01 UTC. */
    realtime(): bigint;
    /** Since an arbitrary start; never goes back. */
    monotonic(): bigint;
    /** Processor time; undefined where it cannot be told. */
    cpuTime(): bigint | undefined;
    /** The smallest step of realtime and monotonic. */
    readonly resolution: bigint;
    /** Sleeping moves this clock on at once instead of waiting. Undefined: a clock of the world, for which one must wait. */
    skip?(nanoseconds: bigint): void;
}

/** What a WASI guest is granted: nothing unless given. */
export interface WasiOptions extends NetworkOptions {
    /** argv, the program's name first; none unless given. */
    readonly args?: readonly string[];
    /** Environment variables; undefined values are left out; none unless given. */
    readonly env?: Readonly<Record<string, string | undefined>>;
    /** What the guest finds at which path: `{ '/data': '/srv/data' }`; nothing unless given. */
    readonly preopens?: Readonly<Record<string, Preopen>>;
    /** 'ignore' unless given: reads end at once, writes vanish. */
    readonly stdin?: InputOption;
    /** Where its standard output goes; 'ignore' unless given. */
    readonly stdout?: OutputOption;
    /** Where its standard error goes; 'ignore' unless given. */
    readonly stderr?: OutputOption;
    /** 'host' unless given, or fixed where the instance is deterministic. */
    readonly clock?: 'host' | FixedClockOptions | WasiClock;
    /** How fine the host's clock looks to the guest, in nanoseconds: 1,000,000 unless given, 1 for all there is. */
    readonly clockResolution?: number | bigint;
    /** 'host' unless given, or a seed of 0 where the instance is deterministic. */
    readonly random?: 'host' | number | bigint | RandomFill;
    /** Descriptors at once, the standard streams and preopens included. Default: the instance's limit, or 512. Beyond it: EMFILE. */
    readonly maxOpenFiles?: number;
    /** Bytes that may be written to files and streams. Default: the instance's limit, or none. Beyond it: LimitError. */
    readonly maxOutputBytes?: number;
    /** For users of node:wasi: only true is possible, this runtime never ends the process. */
    readonly returnOnExit?: true;
}

/** What is asked of a readable stream of the web's. */
export interface WebReadable {
    /** Locks it for one reader. */
    getReader(): {
        read(): Promise<{
            done: boolean;
            value?: unknown;
        }>;
        releaseLock(): void;
    };
}

/** What is asked of a writable stream of the web's. */
export interface WebWritable {
    /** Locks it for one writer. */
    getWriter(): {
        readonly ready: Promise<unknown>;
        write(chunk: Uint8Array): Promise<unknown>;
        releaseLock(): void;
    };
}

/** WAMR's libc-builtin: C functions under "env" for programs compiled without a libc. */
export declare const libcBuiltin: Library;

/** The module "spectest" of the official test suite. */
export declare const spectest: Library;

/** WASI preview 1 and WAMR's socket extensions, for `instantiate(module, { wasi })`. */
export declare const wasi: Library;

export {};
