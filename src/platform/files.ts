// The one file-system interface: what a guest's files need from a host, a memory or an embedder's own store.
// Directories take single names only: resolving paths (`..`, symbolic links, slashes) is the caller's work, done in one place for all.
// Every operation throws FileError and nothing else where the file system says no.

/** What a name of a file system stands for. */
export type FileType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'regular-file'
  | 'socket-dgram'
  | 'socket-stream'
  | 'symbolic-link';

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

/** Whether a read or write would go on at once: bytes that can move (at least 1), or that the other end is gone. */
export interface Readiness {
  /** Bytes that can move at once. */
  readonly bytes: number;
  /** Whether the other end is gone. */
  readonly hangup: boolean;
}

/** In the place of a position: where the file itself is, which moves with what is read and written there. */
export const OWN_PLACE = -1;

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

/** A connected or listening socket. */
export interface OpenSocket extends OpenFile {
  readonly socket: true;
  /** Throws EAGAIN when nobody is waiting. */
  accept(): OpenSocket;
  /** Like read; `peek` leaves the bytes. `truncated` says that a datagram was longer. */
  receive(into: Uint8Array, offset: number, length: number, peek: boolean): { bytes: number; truncated: boolean };
  shutdown(read: boolean, write: boolean): void;
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

/** The names in a directory at one moment, without `.` and `..`. */
export interface Listing {
  /** The names, each once, in the order of the file system. */
  readonly names: readonly string[];
  /** Of one of the names; undefined when it is gone. */
  entry(name: string): { readonly inode: bigint; readonly type: FileType } | undefined;
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

/** What can be mounted for a guest. */
export interface FileSystem {
  /**
   * Opens its top directory for one guest, whose clock gives the times of what it writes. Throws FileError.
   * @param payer pays for memory that the guest's files take, if they are in memory
   */
  open(clock: FileClock, payer?: MemoryPayer): OpenDirectory;
}

/** Whose memory it is. */
export interface MemoryPayer {
  /** False where so many bytes are not to be had: then nothing was taken. */
  take(bytes: number): boolean;
  /** Gives bytes back that were taken. */
  release(bytes: number): void;
}

/** A clock for the times of files. */
export interface FileClock {
  /** Nanoseconds since 1970-01-01 UTC. */
  now(): bigint;
}

/** A platform that has files of its own. */
export interface OsFiles {
  /** A host directory as a file system. Throws FileError when it is opened. */
  directory(path: string): FileSystem;
  /** The process's own standard input (0), output (1) or error (2). */
  standardStream(descriptor: 0 | 1 | 2): OpenFile;
}
