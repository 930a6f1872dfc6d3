// From a guest's path to a directory and a name in it: one component at a time, so that nothing leaves the descriptor it starts from.
// Refuses absolute paths and links, `..` above the start (ENOTCAPABLE), link loops (ELOOP) and paths too deep (ENAMETOOLONG).
import { FileError } from '../../platform/errno.js';
import type { OpenDirectory } from '../../platform/files.js';
import { isErrno } from './errno.js';

/** Who is asked on a long way whether there is time left. */
interface Watch {
  checkpoint(): void;
}
/** Components between two checkpoints: a host's take some microseconds, and forty links can have a hundred thousand. */
const COMPONENTS_PER_CHECKPOINT = 64;

/** Symbolic links followed on one way, as Linux. */
const MOST_LINKS = 40;
/** Directories held open on one way, as WAMR. */
const DEEPEST = 128;

/** The way of those that have not gone yet: never written. */
const NOWHERE: OpenDirectory[] = [];

export class PathWalk {
  readonly #start: OpenDirectory;
  /** From below the start down to where we are. `..` goes back along it, never through the file system, where a directory may have moved. */
  #way: OpenDirectory[] = NOWHERE;
  /** Components still to go, last first. */
  #ahead: string[] = [];
  #links = 0;
  #entered = 0;
  readonly #watch: Watch;
  /** The last component; '' where the path is a directory itself: `.`, `a/..`. */
  name = '';
  /** The path ended in a slash. */
  mustBeDirectory = false;

  /** Walks up to the last component. @param start stays the caller's to close @param watch throws where the guest's time is up */
  constructor(start: OpenDirectory, path: string, watch: Watch) {
    this.#start = start;
    this.#watch = watch;
    // Most paths: one name and nothing to walk.
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
  /** Where `name` stands. */
  get directory(): OpenDirectory {
    return this.#way.length === 0 ? this.#start : this.#way[this.#way.length - 1]!;
  }
  /** The last component is a symbolic link: goes where it leads. */
  follow(): void {
    this.#expand(this.name);
    this.name = '';
    this.#walk();
  }
  /** Closes the directories on the way. */
  close(): void {
    while (this.#way.length > 0) this.#way.pop()!.close();
  }

  #push(path: string): void {
    if (path === '') throw new FileError('ENOENT');
    if (path.startsWith('/')) throw new FileError('ENOTCAPABLE');
    const names = path.split('/');
    if (this.#ahead.length === 0 && path.endsWith('/')) this.mustBeDirectory = true;
    for (let i = names.length - 1; i >= 0; i--) if (names[i] !== '') this.#ahead.push(names[i]!);
  }
  #walk(): void {
    for (let name = this.#ahead.pop(); name !== undefined; name = this.#ahead.pop()) {
      if (name === '.') continue;
      if (name === '..') {
        if (this.#way.length === 0) throw new FileError('ENOTCAPABLE');
        this.#way.pop()!.close();
      } else if (this.#ahead.length === 0) {
        this.name = name;
      } else {
        this.#enter(name);
      }
    }
  }
  #enter(name: string): void {
    if (this.#way.length + 1 >= DEEPEST) throw new FileError('ENAMETOOLONG');
    if (++this.#entered % COMPONENTS_PER_CHECKPOINT === 0) this.#watch.checkpoint();
    try {
      const next = this.directory.openDirectory(name);
      if (this.#way === NOWHERE) this.#way = [next];
      else this.#way.push(next);
    } catch (thrown) {
      if (!isErrno(thrown, 'ENOTDIR')) throw thrown;
      this.#expand(name);
    }
  }
  /** Puts what a symbolic link says in its place. */
  #expand(name: string): void {
    if (++this.#links > MOST_LINKS) throw new FileError('ELOOP');
    let text: string;
    try {
      text = this.directory.readLink(name);
    } catch (thrown) {
      // Not a link after all.
      throw isErrno(thrown, 'EINVAL') ? new FileError('ENOTDIR') : thrown;
    }
    this.#push(text);
  }
}
