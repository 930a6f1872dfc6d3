// Why a call of a guest cannot go on now, and what lets it go on: a notification at an address, a time, a file. The caller or the
// scheduler that runs the call waits; the call itself never sleeps. Refuses nothing.
import type { MemoryInstance } from './memory.js';

/** Something that may become ready. */
export interface WaitableFile {
  /** Blocks until it may be ready, at most `ms` milliseconds; absent: only trying again tells. */
  wait?(ms: number): void;
}

/** What a call waits for. */
interface BlockFields {
  /** Milliseconds from now after which it goes on by itself; Infinity: it does not. */
  readonly ms: number;
  /** Where memory.atomic.notify wakes it. */
  readonly memory?: MemoryInstance;
  readonly address?: number;
  /** Milliseconds after which the native is to try again: nothing tells when the file is ready. */
  readonly retryMs?: number;
  readonly file?: WaitableFile | undefined;
  /** What the native finds in `env.resumption` when it is called again. */
  readonly state?: unknown;
  /** What it waits for where that is no address, for people. */
  what?(): string;
}

export class Block {
  readonly ms: number;
  readonly memory: MemoryInstance | undefined;
  readonly address: number;
  readonly retryMs: number | undefined;
  readonly file: WaitableFile | undefined;
  readonly state: unknown;
  readonly what: (() => string) | undefined;
  #outcome: 'waits' | 'woken' | 'over' = 'waits';
  /** Called when it is over, by whatever ends it; the caller or the scheduler that runs the call sets it. */
  onEnd: (() => void) | undefined = undefined;

  constructor({ ms, memory, address = 0, retryMs, file, state, what }: BlockFields) {
    this.ms = ms;
    this.memory = memory;
    this.address = address;
    this.retryMs = retryMs;
    this.file = file;
    this.state = state;
    this.what = what;
    memory?.waiters.add(address, this);
  }
  get waits(): boolean {
    return this.#outcome === 'waits';
  }
  /** It was ended by notify(), not by its time. */
  get wasNotified(): boolean {
    return this.#outcome === 'woken';
  }
  /** What it waited for is there. */
  wake(): void {
    this.#end('woken');
  }
  /** Its time has passed, or the native is to try again. */
  expire(): void {
    this.#end('over');
  }
  /** Called when the call does not wait any more. */
  cancel(): void {
    this.onEnd = undefined;
    this.#end('over');
  }
  #end(outcome: 'woken' | 'over'): void {
    if (!this.waits) return;
    this.#outcome = outcome;
    this.memory?.waiters.remove(this.address, this);
    this.onEnd?.();
  }
}
