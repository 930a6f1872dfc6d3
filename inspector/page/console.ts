// The guest's terminal: output through a queue that is written once a frame, so that a flood costs the page nothing, and input line by line as a terminal
// driver gives it. Refuses to show more than the queue holds: what is beyond it is counted.
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';

/** Bytes that wait to be written: about what a frame can show. */
const MOST_WAITING = 262_144;
const SCROLLBACK = 5_000;

const [INTERRUPT, END_OF_INPUT, ERASE, ESCAPE] = ['\x03', '\x04', '\x7f', '\x1b'];
const NOTHING = new Uint8Array(0);

export class Console {
  readonly #terminal = new Terminal({
    convertEol: true,
    scrollback: SCROLLBACK,
    fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
    fontSize: 13,
    lineHeight: 1.25,
    cursorBlink: false,
    cursorInactiveStyle: 'none',
    minimumContrastRatio: 4.5,
    // A guest writes links as it likes: they lead nowhere.
    linkHandler: { activate: () => {} },
  });
  readonly #fit = new FitAddon();
  #queue: Uint8Array[] = [];
  #waiting = 0;
  #skipped = 0;
  #frame = 0;

  /** The line that is being typed, and lines that are ready. */
  #line = '';
  #ready: Uint8Array[] = [];
  #reader: { readonly length: number; readonly resolve: (bytes: Uint8Array) => void } | undefined;
  #listens = false;
  /** Ctrl C. */
  onInterrupt: () => void = () => {};
  /** The guest begins or ends to wait for input. */
  onWaiting: (waits: boolean) => void = () => {};

  constructor() {
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.onData((data) => this.#typed(data));
    // Tab leaves the terminal, as it leaves every other part of the page.
    this.#terminal.attachCustomKeyEventHandler(({ key }) => key !== 'Tab');
  }
  mount(element: HTMLElement): () => void {
    // A terminal opens once; later it moves.
    if (this.#terminal.element) element.append(this.#terminal.element);
    else this.#terminal.open(element);
    const resize = (): void => {
      if (element.clientWidth > 0) this.#fit.fit();
    };
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const dress = (): void => {
      this.#terminal.options.theme = themeOf(element);
    };
    scheme.addEventListener('change', dress);
    dress();
    resize();
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', dress);
    };
  }
  focus(): void {
    this.#terminal.focus();
  }

  // ---- output ----

  clear(): void {
    this.#queue = [];
    this.#waiting = this.#skipped = 0;
    this.#terminal.reset();
  }
  write(bytes: Uint8Array): void {
    if (this.#waiting + bytes.length > MOST_WAITING) {
      this.#skipped += this.#waiting;
      this.#queue = [];
      this.#waiting = 0;
    }
    this.#queue.push(bytes.slice(-MOST_WAITING));
    this.#waiting += Math.min(bytes.length, MOST_WAITING);
    this.#frame ||= requestAnimationFrame(() => this.#flush());
  }
  #flush(): void {
    this.#frame = 0;
    if (this.#skipped > 0) {
      this.#terminal.write(`\x1b[0m\r\n[${this.#skipped.toLocaleString('en')} bytes not shown]\r\n`);
      this.#skipped = 0;
    }
    for (const bytes of this.#queue) this.#terminal.write(bytes);
    this.#queue = [];
    this.#waiting = 0;
  }

  // ---- input ----

  /** Begins or ends to take what is typed. */
  listen(listens: boolean): void {
    this.#listens = listens;
    this.#line = '';
    this.#ready = [];
    this.#answer(NOTHING);
  }
  /** Gives at most so many bytes of input once there are some; none at its end. */
  read(length: number): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#reader = { length, resolve };
      if (this.#ready.length > 0) this.#serve();
      else this.onWaiting(true);
    });
  }
  #serve(): void {
    if (!this.#reader || this.#ready.length === 0) return;
    const next = this.#ready.shift()!;
    const { length } = this.#reader;
    if (next.length > length) this.#ready.unshift(next.subarray(length));
    this.#answer(next.subarray(0, length));
  }
  #answer(bytes: Uint8Array): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (!reader) return;
    this.onWaiting(false);
    reader.resolve(bytes);
  }
  #typed(data: string): void {
    if (!this.#listens || data.startsWith(ESCAPE)) return;
    for (const char of data) this.#key(char);
  }
  #key(char: string): void {
    if (char === INTERRUPT) {
      this.#terminal.write('^C');
      this.onInterrupt();
    } else if (char === END_OF_INPUT) this.#enter('');
    else if (char === '\r' || char === '\n') {
      this.#terminal.write('\r\n');
      this.#enter('\n');
    } else if (char === ERASE) {
      if (this.#line === '') return;
      this.#line = [...this.#line].slice(0, -1).join('');
      this.#terminal.write('\b \b');
    } else if (char >= ' ') {
      this.#line += char;
      this.#terminal.write(char);
    }
  }
  /** What was typed is ready; an empty line without its end is the end of the input. */
  #enter(end: string): void {
    this.#ready.push(new TextEncoder().encode(this.#line + end));
    this.#line = '';
    this.#serve();
  }
}

function themeOf(element: HTMLElement): ITheme {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    background: color('--terminal'),
    foreground: color('--text'),
    cursor: color('--accent'),
    cursorAccent: color('--terminal'),
    selectionBackground: color('--selection'),
  };
}
