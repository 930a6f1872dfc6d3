// The programs that are one click away, each with what makes it worth a look. They lie beside the page.

export interface Sample {
  readonly title: string;
  readonly text: string;
  readonly file: string;
  readonly args: string;
  /** Below `samples/data`, given under their names. */
  readonly files?: readonly string[];
  readonly limits?: Readonly<Record<string, string>>;
}

export const SAMPLES: readonly Sample[] = [
  { title: 'Hello', text: 'Prints its arguments and the time.', file: 'hello.wasm', args: 'one two' },
  {
    title: 'Out of fuel',
    text: 'Looks for primes, and may execute a million instructions.',
    file: 'primes.wasm',
    args: '1000000',
    limits: { fuel: '1000000' },
  },
  {
    title: 'Game of life',
    text: 'Runs until you press Stop.',
    file: 'life.wasm',
    args: '1000000000 64 24',
  },
  {
    title: 'A Lisp',
    text: 'Eight queens: look at its flame chart.',
    file: 'lisp.wasm',
    args: '/queens.lisp',
    files: ['queens.lisp'],
  },
  {
    title: 'Count words',
    text: 'Reads files that you gave it: look at its calls.',
    file: 'wc.wasm',
    args: '/poem.txt /story.txt',
    files: ['poem.txt', 'story.txt'],
  },
  {
    title: 'Sort',
    text: 'Sorts what you type: end the input with Ctrl D.',
    file: 'sort.wasm',
    args: '',
  },
];
