// Tells that files have changed: once for changes that come together, never while the last telling is at work. Refuses nothing.
import { type FSWatcher, watch as watchFiles } from 'chokidar';

/** Milliseconds without a change after which it is told. */
const QUIET_MS = 100;

export class Watch {
  readonly #watcher: FSWatcher;
  readonly #tell: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, tell: () => Promise<void>) {
    this.#tell = tell;
    this.#watcher = watchFiles(path, {
      depth: 0,
      ignoreInitial: true,
      // A file that is being written is no module yet.
      awaitWriteFinish: { stabilityThreshold: 50, pollInterval: 10 },
    });
    this.#watcher.on('all', () => this.#later());
  }
  /** @param path a file, or a folder and what is in it @param tell must not throw */
  static async start(path: string, tell: () => Promise<void>): Promise<Watch> {
    const watch = new Watch(path, tell);
    await new Promise<void>((resolve) => watch.#watcher.once('ready', resolve));
    return watch;
  }
  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#last = this.#last.then(this.#tell);
    }, QUIET_MS);
  }
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher.close();
    await this.#last;
  }
}
