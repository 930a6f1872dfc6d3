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
export type ErrnoName = 'E2BIG' | 'EACCES' | 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'EAFNOSUPPORT' | 'EAGAIN' | 'EALREADY' | 'EBADF' | 'EBADMSG' | 'EBUSY' | 'ECANCELED' | 'ECHILD' | 'ECONNABORTED' | 'ECONNREFUSED' | 'ECONNRESET' | 'EDEADLK' | 'EDESTADDRREQ' | 'EDOM' | 'EDQUOT' | 'EEXIST' | 'EFAULT' | 'EFBIG' | 'EHOSTUNREACH' | 'EIDRM' | 'EILSEQ' | 'EINPROGRESS' | 'EINTR' | 'EINVAL' | 'EIO' | 'EISCONN' | 'EISDIR' | 'ELOOP' | 'EMFILE' | 'EMLINK' | 'EMSGSIZE' | 'EMULTIHOP' | 'ENAMETOOLONG' | 'ENETDOWN' | 'ENETRESET' | 'ENETUNREACH' | 'ENFILE' | 'ENOBUFS' | 'ENODEV' | 'ENOENT' | 'ENOEXEC' | 'ENOLCK' | 'ENOLINK' | 'ENOMEM' | 'ENOMSG' | 'ENOPROTOOPT' | 'ENOSPC' | 'ENOSYS' | 'ENOTCAPABLE' | 'ENOTCONN' | 'ENOTDIR' | 'ENOTEMPTY' | 'ENOTRECOVERABLE' | 'ENOTSOCK' | 'ENOTSUP' | 'ENOTTY' | 'ENXIO' | 'EOVERFLOW' | 'EOWNERDEAD' | 'EPERM' | 'EPIPE' | 'EPROTO' | 'EPROTONOSUPPORT' | 'EPROTOTYPE' | 'ERANGE' | 'EROFS' | 'ESPIPE' | 'ESRCH' | 'ESTALE' | 'ESUCCESS' | 'ETIMEDOUT' | 'ETXTBSY' | 'EXDEV';

/** A clock for the times of files. */
export interface FileClock {
    /** Nanoseconds since 1970-01-01 UTC. */
    now(): bigint;
}

/** Every file-system operation throws this: the guest gets the number, the embedder the name and the text. */
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
    /** The number of the file system that it is on. */
    readonly device: bigint;
    /** Its inode number in that file system: the same for each name of a file. */
    readonly inode: bigint;
    /** Its file type. */
    readonly type: FileType;
    /** The number of names (hard links) that it has. */
    readonly links: bigint;
    /** Its size in bytes; a symbolic link's is that of its text. */
    readonly size: bigint;
    /** When it was last read. */
    readonly accessed: bigint;
    /** When its content was last changed. */
    readonly modified: bigint;
    /** When its content or its metadata was last changed. */
    readonly changed: bigint;
}

/** A file system that can be mounted for a guest. */
export interface FileSystem {
    /**
     * Opens its root directory for one guest, whose clock gives the times of what it writes. Throws FileError.
     * @param payer pays for memory that the guest's files take, if they are in memory
     */
    open(clock: FileClock, payer?: MemoryPayer): OpenDirectory;
}

/** What a name of a file system stands for. */
export type FileType = 'unknown' | 'block-device' | 'character-device' | 'directory' | 'regular-file' | 'socket-dgram' | 'socket-stream' | 'symbolic-link';

/** A clock that depends on nothing outside the guest. */
export interface FixedClockOptions {
    /** The first reading, in nanoseconds since 1970, or a Date; 2024-01-01 unless given. */
    readonly start?: bigint | Date;
    /** How far each reading advances it, in nanoseconds; 1 ms unless given, so that guests that wait by reading the clock end. */
    readonly tick?: bigint;
}

/** Gives the next bytes, null at the end. May be async where the guest can wait for it: docs/wasi.md, Streams. */
export type InputCallback = () => Promise<Uint8Array<ArrayBuffer | SharedArrayBuffer> | string | null> | Uint8Array<ArrayBuffer | SharedArrayBuffer> | string | null;

/** Where a guest's standard input comes from: nothing, the process's own, a text, bytes, a function, a stream or a file. */
export type InputOption = 'ignore' | 'inherit' | {
    readonly text: string;
} | Uint8Array | InputCallback | StreamInput | OpenFile;

/** One library; a runtime takes several. */
export interface Library {
    /** Natives, by the module name that guests import from. */
    readonly natives?: Readonly<Record<string, readonly NativeSymbol[]>>;
    /** Globals, tables and memories, by the module name that guests import from. */
    readonly externs?: Readonly<Record<string, LibraryExterns>>;
}

/** Globals, tables and memories of one module name. Each is made when it is first imported. */
export interface LibraryExterns {
    /** Immutable globals with their values, by name. */
    readonly globals?: Readonly<Record<string, {
        readonly type: ValType;
        readonly value: WasmValue;
    }>>;
    /** The types of tables, by name. */
    readonly tables?: Readonly<Record<string, TableType>>;
    /** The types of memories, by name. */
    readonly memories?: Readonly<Record<string, MemoryType>>;
}

/** The names in a directory at one moment, without `.` and `..`. */
export interface Listing {
    /** The names, each once, in the file system's order. */
    readonly names: readonly string[];
    /** The file type of one of the names; undefined when it no longer exists. */
    entry(name: string): {
        readonly inode: bigint;
        readonly type: FileType;
    } | undefined;
}

/** A file system in memory, to be mounted for guests and read afterwards. It never touches the operating system's files. */
export declare class MemoryFileSystem implements FileSystem {
    #private;
    /** A file system with these files. @throws FileError ENOSPC, EINVAL for a name with a slash. */
    constructor(files?: MemoryTree, options?: MemoryFileSystemOptions);
    open(clock: FileClock, payer?: MemoryPayer): OpenDirectory;
    /** The number of bytes that its files take. */
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

/** The limits of a memory file system. */
export interface MemoryFileSystemOptions {
    /** Bytes of all files together; 64 MiB unless given. Beyond it: ENOSPC. */
    readonly maxBytes?: number;
    /** Files, directories and links; 65,536 unless given. Beyond it: ENOSPC. */
    readonly maxFiles?: number;
}

/** The account that memory is charged to. */
export interface MemoryPayer {
    /** Charges so many bytes. False where the account cannot pay: nothing was charged then. */
    take(bytes: number): boolean;
    /** Gives charged bytes back. */
    release(bytes: number): void;
}

/** What a path holds: text, bytes, a directory, or a symbolic link. */
export type MemoryTree = {
    readonly [name: string]: string | Uint8Array | MemoryTree | SymbolicLink;
};

/** The network addresses and names that a guest may use: none unless given. */
export type NetworkOptions = {
    /** Addresses that a guest may bind, connect and send to: `['127.0.0.1/32', '::1/128']`; nothing unless given. */
    readonly addressPool?: readonly string[] | undefined;
    /** Names that it may look up: exact, or `*` and an ending (`*.example.com`); nothing unless given. */
    readonly allowResolve?: readonly string[] | undefined;
};

/** The methods used of a readable stream of Node's. */
export interface NodeReadable extends StreamEmitter {
    /** Returns the available bytes, or null. */
    read(size?: number): unknown;
    /** Whether everything was read. */
    readonly readableEnded?: boolean;
    /** Whether it was destroyed. */
    readonly destroyed?: boolean;
    /** The error that it failed with. */
    readonly errored?: unknown;
}

/** The methods used of a writable stream of Node's. */
export interface NodeWritable extends StreamEmitter {
    /** Writes bytes; returns false where it wants no more for now. */
    write(chunk: Uint8Array, written: (error?: unknown) => void): boolean;
    /** Whether it was ended. */
    readonly writableEnded?: boolean;
    /** Whether it was destroyed. */
    readonly destroyed?: boolean;
}

/** `name` is one path component: it is never empty, `.` or `..`, and has no slash or NUL in it. No operation here follows a symbolic link. */
export interface OpenDirectory extends OpenNode {
    /** Its type is that of a directory. */
    readonly type: 'directory';
    /** The file system that it belongs to. */
    readonly fileSystem: FileSystem;
    /**
     * Opens a name, and creates a file where the flags say so. Throws ELOOP for a symbolic link, ENOTDIR where a directory was asked for. Never blocks
     * on a pipe.
     */
    open(name: string, how: OpenHow): OpenFile | OpenDirectory;
    /** Opens a directory as the next step of a path: throws ENOTDIR for a name that is not a directory's, symbolic links included. */
    openDirectory(name: string): OpenDirectory;
    /** Opens the same directory once more. */
    duplicate(): OpenDirectory;
    /** Returns the text of a symbolic link; throws EINVAL for any other file. */
    readLink(name: string): string;
    /** Returns the type, size and times of a name; a symbolic link is not followed. */
    statOf(name: string): FileStat;
    /** Sets the times of a name in nanoseconds; undefined leaves a time as it is. */
    setTimesOf(name: string, accessed: bigint | undefined, modified: bigint | undefined): void;
    /** Lists its names. */
    list(): Listing;
    /** Makes an empty directory. */
    makeDirectory(name: string): void;
    /** Removes an empty directory. */
    removeDirectory(name: string): void;
    /** Removes a name that is not a directory's. */
    unlink(name: string): void;
    /** Creates a symbolic link with this text, which is not checked. */
    symbolicLink(text: string, name: string): void;
    /** Creates a hard link in a directory of the same file system (throws EXDEV otherwise). */
    link(name: string, target: OpenDirectory, targetName: string): void;
    /** Renames a file or directory, within the same file system; a file that had the new name is replaced. */
    rename(name: string, target: OpenDirectory, targetName: string): void;
}

/** A regular file, a device, a pipe, a terminal, a callback: bytes in, bytes out. */
export interface OpenFile extends OpenNode {
    /** Whether it has positions, as a regular file has. Other files ignore `position`. */
    readonly seekable: boolean;
    /** Whether its offset is shared with other holders of the file, as a redirected standard stream's is: a guest then starts at OWN_PLACE. */
    readonly sharesPlace?: boolean;
    /** Whether it was opened for appending. */
    readonly appends?: boolean;
    /** Bytes from the start to its own offset: where the last append ended, or the offset that all holders share. Absent: the end of the file. */
    place?(): number;
    /** Whether it is a terminal. */
    readonly terminal?: boolean;
    /** Whether a read may run code of the embedder, or even the guest: `into` must then not be the guest's memory, which may move. */
    readonly callsBack?: boolean;
    /**
     * Reads up to `length` bytes to into[offset...]. Returns the number of bytes, 0 at the end; throws EAGAIN when no byte is available yet.
     * @param position in bytes from the file's start; OWN_PLACE only where `sharesPlace`
     */
    read(into: Uint8Array, offset: number, length: number, position: number): number;
    /**
     * Writes up to `length` bytes. A file that was opened or set to append takes them at its end, whatever `position` says; it may be OWN_PLACE then,
     * and only then does `place()` move. Returns the number of bytes; throws EAGAIN when the file takes none now.
     */
    write(from: Uint8Array, offset: number, length: number, position: number): number;
    /** Reads into several buffers at once; optional, for speed. */
    readVector?(into: readonly Uint8Array[], position: number): number;
    /** Writes from several buffers at once; optional, for speed. */
    writeVector?(from: readonly Uint8Array[], position: number): number;
    /** Returns its size in bytes. */
    size(): number;
    /** Truncates it, or extends it with zeros. */
    setSize(bytes: number): void;
    /** Sets whether each write goes to the end of the file. */
    setAppend(append: boolean): void;
    /** Blocks until it may be ready, at most `ms` milliseconds. Optional: without it the caller polls. */
    wait?(ms: number): void;
    /** Refuses writes of a caller that cannot let the event loop run. */
    readonly needsEventLoop?: boolean;
    /**
     * The work that the event loop must do for this file: resolves when reading may go on after EAGAIN, or when what was written was taken; rejects
     * with a FileError. Undefined: no work is under way. A caller can wait for a file that has this only by letting the event loop run.
     */
    later?(direction: 'read' | 'write'): Promise<void> | undefined;
    /** Must not block. Returns undefined where the operation would block. */
    ready(direction: 'read' | 'write', position: number): Readiness | undefined;
}

/** How a name is opened. */
export interface OpenHow {
    /** Opens it for reading. */
    readonly read: boolean;
    /** Opens it for writing. */
    readonly write: boolean;
    /** Creates a file where there is none. */
    readonly create: boolean;
    /** With `create`: refuses a name that exists. */
    readonly exclusive: boolean;
    /** Truncates the file to no bytes. */
    readonly truncate: boolean;
    /** Refuses a name that is not a directory's. */
    readonly directory: boolean;
    /** Each write goes to the end of the file. */
    readonly append: boolean;
    /** Each write waits until data and metadata are on the storage medium (O_SYNC). */
    readonly sync: boolean;
    /** Each write waits until its data is on the storage medium (O_DSYNC). */
    readonly dataSync: boolean;
}

/** An open file, directory or socket. */
export interface OpenNode {
    /** Its file type. */
    readonly type: FileType;
    /** Returns its type, size and times. */
    stat(): FileStat;
    /** Sets its times in nanoseconds; undefined leaves a time as it is. */
    setTimes(accessed: bigint | undefined, modified: bigint | undefined): void;
    /** Waits until what was written has reached the storage medium. */
    sync(dataOnly: boolean): void;
    /** Closes it. The caller calls this once. */
    close(): void;
}

/** A platform that has files of its own. */
export interface OsFiles {
    /** A directory of the operating system as a file system. Throws FileError when it is opened. */
    directory(path: string): FileSystem;
    /** The process's own standard input (0), output (1) or error (2). */
    standardStream(descriptor: 0 | 1 | 2): OpenFile;
}

/** Gets each write's bytes; they are a copy. A returned promise is awaited; any other result is ignored. */
export type OutputCallback = (chunk: Uint8Array) => unknown;

/** Where a guest's output goes: nowhere, to the process's own, to a function, a sink, a stream or a file. */
export type OutputOption = 'ignore' | 'inherit' | OutputCallback | OutputSink | StreamOutput | OpenFile;

/** Collects what a guest writes. */
export declare class OutputSink {
    #private;
    /** An empty sink. @param limit bytes it keeps; a write beyond them is ENOSPC to the guest; 16 MiB unless given */
    constructor(limit?: number);
    /** Takes bytes, and returns how many had room. */
    write(chunk: Uint8Array): number;
    /** Bytes that it has collected. */
    get length(): number;
    /** All bytes so far. */
    get bytes(): Uint8Array;
    /** All bytes as text; bytes that are not UTF-8 are an error (FileError EILSEQ). */
    get text(): string;
}

/** A directory of the operating system by its path, or any file system. */
export type Preopen = string | {
    readonly path: string;
    readonly readOnly?: boolean;
} | {
    readonly fileSystem: FileSystem;
    readonly readOnly?: boolean;
} | FileSystem;

/** Fills bytes with those that the guest gets as random. */
export type RandomFill = (bytes: Uint8Array) => void;

/** Whether a read or write would go on at once: bytes can move (at least 1), or the other end is closed. */
export interface Readiness {
    /** The number of bytes that can move at once. */
    readonly bytes: number;
    /** Whether the other end is closed. */
    readonly hangup: boolean;
}

/** The methods used of Node's streams. The type asks for no others, so that streams of similar libraries fit. */
export interface StreamEmitter {
    /** Registers a listener for an event. */
    on(event: string, listener: (...args: unknown[]) => void): unknown;
    /** Removes a listener. */
    off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** A stream that a guest can read: Node's, the web's, or an async iterable. */
export type StreamInput = NodeReadable | WebReadable | AsyncIterable<Uint8Array | string>;

/** A stream that a guest can write to: Node's or the web's. */
export type StreamOutput = NodeWritable | WebWritable;

/** A symbolic link in a MemoryTree. */
export declare class SymbolicLink {
    /** The text that it holds, which is not checked. */
    readonly target: string;
    /** A link. @param target a path, which need not exist */
    constructor(target: string);
}

/** All times are in nanoseconds. */
export interface WasiClock {
    /** Realtime since 1970-01-01 UTC. */
    realtime(): bigint;
    /** Monotonic time since an arbitrary start; it never goes back. */
    monotonic(): bigint;
    /** Processor time; undefined where the platform cannot measure it. */
    cpuTime(): bigint | undefined;
    /** The smallest step of realtime and monotonic. */
    readonly resolution: bigint;
    /** Advances this clock at once instead of waiting. Undefined: a real clock, for which a guest must wait. */
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
    /** The resolution of the platform's clock as the guest sees it, in nanoseconds: 1,000,000 unless given, 1 for the full resolution. */
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

/** The methods used of a readable stream of the web's. */
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

/** The methods used of a writable stream of the web's. */
export interface WebWritable {
    /** Locks it for one writer. */
    getWriter(): {
        readonly ready: Promise<unknown>;
        write(chunk: Uint8Array): Promise<unknown>;
        releaseLock(): void;
    };
}

/** WAMR's lib-pthread: POSIX threads under "env"; guests that import `pthread_create` from there have threads. */
export declare const libPthread: Library;

/** WAMR's libc-builtin: C functions under "env" for programs compiled without a libc. */
export declare const libcBuiltin: Library;

/** The module "spectest" of the official test suite. */
export declare const spectest: Library;

/** WASI preview 1 and WAMR's socket extensions, for `instantiate(module, { wasi })`. */
export declare const wasi: Library;

/** wasi-threads: guests that import `wasi.thread-spawn` have threads. */
export declare const wasiThreads: Library;

export {};
