// The one file-system interface: what a guest's files need from the operating system, from memory or from an embedder's own store. A directory takes
// single names only: its caller resolves paths (`..`, symbolic links, slashes), in one place for all file systems. Every operation throws FileError
// and nothing else where the file system refuses it.

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

/** Whether a read or write would go on at once: bytes can move (at least 1), or the other end is closed. */
export interface Readiness {
  /** The number of bytes that can move at once. */
  readonly bytes: number;
  /** Whether the other end is closed. */
  readonly hangup: boolean;
}

/** Stands for a position: the file's own offset, which moves with each read and write made there. */
export const OWN_PLACE = -1;

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

/** A connected or listening socket. */
export interface OpenSocket extends OpenFile {
  readonly socket: true;
  /** Throws EAGAIN when no connection is waiting. */
  accept(): OpenSocket;
  /** Reads like `read`; `peek` leaves the bytes in place. `truncated` says that a datagram was longer than the buffer. */
  receive(into: Uint8Array, offset: number, length: number, peek: boolean): { bytes: number; truncated: boolean };
  shutdown(read: boolean, write: boolean): void;
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

/** The names in a directory at one moment, without `.` and `..`. */
export interface Listing {
  /** The names, each once, in the file system's order. */
  readonly names: readonly string[];
  /** The file type of one of the names; undefined when it no longer exists. */
  entry(name: string): { readonly inode: bigint; readonly type: FileType } | undefined;
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

/** A file system that can be mounted for a guest. */
export interface FileSystem {
  /**
   * Opens its root directory for one guest, whose clock gives the times of what it writes. Throws FileError.
   * @param payer pays for memory that the guest's files take, if they are in memory
   */
  open(clock: FileClock, payer?: MemoryPayer): OpenDirectory;
}

/** The account that memory is charged to. */
export interface MemoryPayer {
  /** Charges so many bytes. False where the account cannot pay: nothing was charged then. */
  take(bytes: number): boolean;
  /** Gives charged bytes back. */
  release(bytes: number): void;
}

/** A clock for the times of files. */
export interface FileClock {
  /** Nanoseconds since 1970-01-01 UTC. */
  now(): bigint;
}

/** A platform that has files of its own. */
export interface OsFiles {
  /** A directory of the operating system as a file system. Throws FileError when it is opened. */
  directory(path: string): FileSystem;
  /** The process's own standard input (0), output (1) or error (2). */
  standardStream(descriptor: 0 | 1 | 2): OpenFile;
}
