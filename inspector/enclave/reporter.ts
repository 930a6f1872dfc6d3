// What is reported of a guest while it runs and when it has stopped: usage, calls, the pool's blocks, the profile, parts of its memory, its files. The amount is bounded whatever the
// guest does: reports are a tenth of a second apart, and calls between two of them are counted beyond a number. Refuses nothing.
import { combineObservers } from '#src/debug/combine.js';
import { Profiler } from '#src/debug/recordings.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import type { Runtime } from '#src/embed/runtime.js';
import type { MemoryFileSystem } from '#src/entry/libraries.js';
import type { Observer } from '#src/runtime/observer.js';
import { filesOf } from '../file-tree.js';
import type { MemoryWish } from '../memory-wish.js';
import type { LiveUsage, Report } from '../messages.js';
import { CallLog } from './call-log.js';
import { flameOf } from './flame-of.js';
import { heapMapOf } from './heap-map-of.js';

const MS_BETWEEN_REPORTS = 100;
/** The first profile of a guest that still runs is made after this time, the next ones each after twice the time: all together cost a part of the run. */
const MS_TO_FIRST_PROFILE = 1_000;
/** One that took longer is the last while the guest runs: meanwhile the guest cannot see that it should stop. */
const MOST_MS_OF_A_PROFILE = 250;

export class Reporter {
  readonly observer: Observer;
  runtime: Runtime | undefined;
  /** The guest's files, where they are here. */
  files: MemoryFileSystem | undefined;
  #instance: WasmInstance | undefined;
  readonly #post: (report: Report, transfer: readonly Transferable[]) => void;
  readonly #profiler: Profiler | undefined;
  readonly #wish: MemoryWish | undefined;
  readonly #calls = new CallLog();
  #due = 0;
  #profileDue = performance.now() + MS_TO_FIRST_PROFILE;
  readonly #began = performance.now();
  #profileWaits = false;
  /** Something has happened since the last report. */
  #changed = false;

  /** @param profile whether one is recorded @param wish what the page wishes to see */
  constructor(
    post: (report: Report, transfer: readonly Transferable[]) => void,
    { profile, wish }: { readonly profile: boolean; readonly wish: MemoryWish | undefined },
  ) {
    this.#post = post;
    this.#wish = wish;
    this.#profiler = profile ? new Profiler('fuel') : undefined;
    this.observer = combineObservers(
      {
        hostCall: (call) => {
          this.#calls.add(call);
          this.tick();
        },
        grew: () => this.tick(),
        callEnded: () => {
          this.#changed = true;
        },
      },
      this.#profiler?.observer ?? {},
    );
  }

  /** An instance was made: reports are about it from now on. */
  watch(instance: WasmInstance): void {
    this.#instance = instance;
    this.#changed = true;
  }
  /** Reports, if the last report is long enough ago. */
  tick(): void {
    this.#reportMemory();
    const now = performance.now();
    this.#changed = true;
    if (now < this.#due) return;
    this.#due = now + MS_BETWEEN_REPORTS;
    this.#report();
    if (now < this.#profileDue) return;
    this.#reportProfile();
    const after = performance.now();
    const isQuick = after - now <= MOST_MS_OF_A_PROFILE;
    this.#profileDue = isQuick ? after + (now - this.#began) : Number.POSITIVE_INFINITY;
  }
  /** A command has ended, and its answer is not sent yet: what is made quickly is reported, if it did anything. */
  commandEnded(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#report();
    if (this.files) this.#post({ kind: 'files', files: filesOf(this.files.snapshot()) }, []);
    this.#profileWaits = true;
  }
  /** The answer is on its way: now the profile may take its time. */
  answered(): void {
    if (!this.#profileWaits) return;
    this.#profileWaits = false;
    this.#reportProfile();
  }

  #report(): void {
    const { first, skipped, last } = this.#calls.take();
    if (first.length > 0) this.#post({ kind: 'calls', first, skipped, last }, []);
    if (this.#instance && !this.#instance.ended) this.#post({ kind: 'usage', usage: usageOf(this.#instance) }, []);
    const heap = this.runtime && heapMapOf(this.runtime);
    if (heap) this.#post({ kind: 'heap', heap }, [heap.offsets.buffer, heap.bytes.buffer, heap.uses.buffer]);
  }
  #reportMemory(): void {
    const wish = this.#wish?.take();
    if (wish === undefined) return;
    const memory = this.#instance?.ended === false ? this.#instance.getMemory() : null;
    const bytes = memory?.bytes.slice(wish.address, wish.address + wish.length);
    this.#post({ kind: 'memory', bytes }, bytes ? [bytes.buffer] : []);
  }
  #reportProfile(): void {
    if (!this.#profiler || !this.#instance) return;
    const flame = flameOf(this.#profiler.text('speedscope', this.#instance.name));
    const { frames, depths, starts, ends, callers, self, total, file } = flame;
    const parts = [frames, depths, starts, ends, callers, self, total, file];
    this.#post(
      { kind: 'profile', flame },
      parts.map(({ buffer }) => buffer as ArrayBuffer),
    );
  }
}

/** What the instance has used, with what the call that runs has used so far. */
function usageOf({ usage, instance }: WasmInstance): LiveUsage {
  const { running, store, memories } = instance;
  const runs = running > 0;
  return {
    ...usage,
    fuel: (usage.fuel ?? 0) + (runs ? store.meter.usedInAll : 0),
    hostCalls: usage.hostCalls + (runs ? store.meter.hostCalls : 0),
    memorySize: memories[0]?.byteLength,
  };
}
