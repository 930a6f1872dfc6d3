// One line on the terminal that reports a long operation: shown after a second, renewed every second, erased before other output is written. Refuses
// to come back once the guest has used the terminal itself: from then on the screen is the guest's.

/** Milliseconds before a long operation is reported, and between two lines. */
const INTERVAL_MS = 1_000;
/** Longer lines would wrap on narrow terminals, where one erasure is not enough. */
const LONGEST = 70;
const ERASE = '\r\x1b[2K';

export class Progress {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  #what: string | undefined;
  #start = 0;
  #next = 0;
  #shown = false;
  #ended = false;

  /** @param write to the terminal @param now in milliseconds */
  constructor(write: (text: string) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
  }
  /** Begins a stage that may take long. */
  begin(what: string): void {
    this.clear();
    this.#what = what;
    this.#start = this.#now();
    this.#next = this.#start + INTERVAL_MS;
  }
  /** Long operations call this now and then. */
  tick(): void {
    const now = this.#now();
    if (now < this.#next || this.#what === undefined || this.#ended) return;
    this.#next = now + INTERVAL_MS;
    this.show(`${this.#what}, ${Math.floor((now - this.#start) / 1_000)} s`);
  }
  /** Shows the line at once: for an operation that cannot call tick() and is known to take long. */
  show(text: string): void {
    if (this.#ended) return;
    this.#write(ERASE + (text.length > LONGEST ? `...${text.slice(3 - LONGEST)}` : text));
    this.#shown = true;
  }
  /** Erases the line before other output is written. */
  clear(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#write(ERASE);
  }
  /** Ends the progress line for good, because the guest uses the terminal from now on. */
  end(): void {
    this.clear();
    this.#ended = true;
  }
}
