// Resolves a guest's path to a directory and a name in it, one component at a time, so that no path leaves the descriptor it starts from. Refuses
// absolute paths and links, `..` above the start (ENOTCAPABLE), link loops (ELOOP) and paths too deep (ENAMETOOLONG).
import { FileError } from '../../platform/errno.js';
import type { OpenDirectory } from '../../platform/files.js';
import { isErrno } from './errno.js';

/** Checks the guest's deadline while a long path is resolved. */
interface Watch {
  checkpoint(): void;
}
/** Components between two checks: one of the operating system's takes some microseconds, and forty links can have a hundred thousand. */
const COMPONENTS_PER_CHECKPOINT = 64;

/** The most symbolic links that one path may follow, as on Linux. */
const MOST_LINKS = 40;
/** The most directories that are held open for one path, as in WAMR. */
const DEEPEST = 128;

/** The empty list of open directories, shared and never written. */
const EMPTY: OpenDirectory[] = [];

export class PathWalk {
  readonly #start: OpenDirectory;
  /**
   * The open directories from below the start down to the present one. `..` goes back along this list, never through the file system, where a
   * directory may have moved.
   */
  #directories: OpenDirectory[] = EMPTY;
  /** The components that remain, last first. */
  #pending: string[] = [];
  #links = 0;
  #entered = 0;
  readonly #watch: Watch;
  /** The last component; '' where the path is a directory itself: `.`, `a/..`. */
  name = '';
  /** Whether the path ended in a slash. */
  mustBeDirectory = false;

  /** Resolves up to the last component. @param start stays the caller's to close @param watch throws after the guest's deadline */
  constructor(start: OpenDirectory, path: string, watch: Watch) {
    this.#start = start;
    this.#watch = watch;
    // Most paths are one name, and no directory needs to be opened.
    if (!path.includes('/') && path !== '' && path !== '.' && path !== '..') {
      this.name = path;
      return;
    }
    try {
      this.#push(path);
      this.#walk();
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }
  /** The directory that `name` is in. */
  get directory(): OpenDirectory {
    return this.#directories.length === 0 ? this.#start : this.#directories[this.#directories.length - 1]!;
  }
  /** Follows the last component, which is a symbolic link. */
  follow(): void {
    this.#expand(this.name);
    this.name = '';
    this.#walk();
  }
  /** Closes the directories that were opened. */
  close(): void {
    while (this.#directories.length > 0) this.#directories.pop()!.close();
  }

  #push(path: string): void {
    if (path === '') throw new FileError('ENOENT');
    if (path.startsWith('/')) throw new FileError('ENOTCAPABLE');
    const names = path.split('/');
    if (this.#pending.length === 0 && path.endsWith('/')) this.mustBeDirectory = true;
    for (let i = names.length - 1; i >= 0; i--) if (names[i] !== '') this.#pending.push(names[i]!);
  }
  #walk(): void {
    for (let name = this.#pending.pop(); name !== undefined; name = this.#pending.pop()) {
      if (name === '.') continue;
      if (name === '..') {
        if (this.#directories.length === 0) throw new FileError('ENOTCAPABLE');
        this.#directories.pop()!.close();
      } else if (this.#pending.length === 0) {
        this.name = name;
      } else {
        this.#enter(name);
      }
    }
  }
  #enter(name: string): void {
    if (this.#directories.length + 1 >= DEEPEST) throw new FileError('ENAMETOOLONG');
    if (++this.#entered % COMPONENTS_PER_CHECKPOINT === 0) this.#watch.checkpoint();
    try {
      const next = this.directory.openDirectory(name);
      if (this.#directories === EMPTY) this.#directories = [next];
      else this.#directories.push(next);
    } catch (thrown) {
      if (!isErrno(thrown, 'ENOTDIR')) throw thrown;
      this.#expand(name);
    }
  }
  /** Replaces a symbolic link by the path in it. */
  #expand(name: string): void {
    if (++this.#links > MOST_LINKS) throw new FileError('ELOOP');
    let text: string;
    try {
      text = this.directory.readLink(name);
    } catch (thrown) {
      // The name is not a link after all.
      throw isErrno(thrown, 'EINVAL') ? new FileError('ENOTDIR') : thrown;
    }
    this.#push(text);
  }
}
