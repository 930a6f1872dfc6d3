// One thread as the guest's calls of pthread_ functions see it: started by pthread_create, the first one, or one that others have started.
// Refuses nothing.
import type { Block } from '../../runtime/block.js';
import type { LaunchedThread } from '../../runtime/thread-runner.js';

/** A key of pthread_key_create: one that is made later under its number is another. */
export class Key {
  /** The table index of what is called with a thread's value when the thread ends; 0: nothing. */
  readonly destructor: number;

  constructor(destructor: number) {
    this.destructor = destructor;
  }
}

/** What joining a thread gives that was cancelled: PTHREAD_CANCELED. */
const CANCELED = -1;

export class Pthread {
  /** What the guest calls it: 0 is the first. */
  handle: number;
  /** Undefined for those that pthread_create has not started. */
  started: LaunchedThread | undefined = undefined;
  /** Nobody may join it. */
  isDetached = false;
  isEnded = false;
  /** What its function returned or pthread_exit was given. */
  result = CANCELED;
  /** The call that joins it. */
  joiner: Block | undefined = undefined;
  /** Its values of keys. */
  readonly values = new Map<Key, number>();
  /** Gives to others what a call of it was woken for and has not taken yet. */
  pass: (() => void) | undefined = undefined;

  constructor(handle: number) {
    this.handle = handle;
  }
  /** For people, as errors count threads. */
  get name(): string {
    if (this.started) return `thread ${this.started.id}`;
    return this.handle === 0 ? 'thread 0' : 'a thread of the embedder';
  }
}
