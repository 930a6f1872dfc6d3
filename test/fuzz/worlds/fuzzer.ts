// The loop: makes worlds, plays each in all configurations, makes what fails smaller, says what it was like and keeps it.
import type { Mode } from '../modes.js';
import { keepWorldCase, loadWorldCases, recordWorldCase } from './cases.js';
import { classify, type FailureKind, KINDS } from './classify.js';
import { type Configuration, configurationsOf, type Difference, examineWorld } from './examine.js';
import { generateWorld } from './generate.js';
import { reduceWorld } from './reduce.js';
import type { World } from './world.js';

export interface WorldFuzzerOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly modes: readonly Mode[];
  /** Only this world; undefined: all, one after another, until the time is over. */
  readonly number: number | undefined;
  /** Whether the host's own WebAssembly takes part. */
  readonly node: boolean;
  readonly report: (line: string) => void;
}

const PROGRESS_MS = 30_000;
const REDUCE_MS = 8_000;
/** Failures of one kind that are made small and kept: more are of one cause, most likely. */
const MOST_KEPT = 3;

export class WorldFuzzer {
  readonly #options: WorldFuzzerOptions;
  readonly #configurations: readonly Configuration[];
  readonly #started = Date.now();
  readonly #found = new Map<FailureKind, { count: number; readonly worlds: number; readonly seconds: number }>();
  #reported = Date.now();
  #passed = 0;
  #failed = 0;
  #steps = 0;

  constructor(options: WorldFuzzerOptions) {
    this.#options = options;
    this.#configurations = configurationsOf(
      options.modes.map(({ name }) => name),
      options.node,
    );
  }

  async run(): Promise<{ passed: number; failed: number; skipped: number }> {
    const { minutes, number } = this.#options;
    const end = this.#started + minutes * 60_000;
    if (number !== undefined) await this.#world(number);
    for (let i = 0; number === undefined && (i === 0 || Date.now() < end); i++) {
      await this.#world(i);
      this.#progress();
    }
    for (const [kind, { count, worlds, seconds }] of this.#found) {
      this.#options.report(`${kind}: ${count} times, first after ${worlds} worlds, ${seconds} s: ${KINDS[kind]}`);
    }
    this.#options.report(`${this.#passed + this.#failed} worlds, ${this.#steps} steps compared`);
    return { passed: this.#passed, failed: this.#failed, skipped: 0 };
  }

  /**
   * Writes down what is right for the cases of which nobody has said it: what all configurations agree on. Returns how many cases there are
   * in which they do not.
   */
  async record(): Promise<number> {
    let failed = 0;
    for (const { name, found, world, expected } of loadWorldCases()) {
      const { differences, transcript } = await examineWorld(world, this.#configurations, this.#engines);
      const [first] = differences;
      if (first) {
        failed++;
        this.#options.report(`${name}: ${first.who.join(' <> ')}: ${first.lines.join(' <> ')}`);
      } else if (expected === null) recordWorldCase(name, { found, world, expected: transcript!.lines });
    }
    return failed;
  }

  get #engines() {
    return this.#options.modes.map(({ engine }) => engine);
  }
  #seconds(): number {
    return Math.round((Date.now() - this.#started) / 1000);
  }
  #progress(): void {
    if (Date.now() - this.#reported < PROGRESS_MS) return;
    this.#reported = Date.now();
    const worlds = this.#passed + this.#failed;
    const perMinute = Math.round((worlds * 60) / Math.max(1, this.#seconds()));
    this.#options.report(
      `${this.#seconds()} s: ${this.#passed} passed, ${this.#failed} failed (${perMinute} worlds a minute, ${this.#steps} steps)`,
    );
  }

  async #world(number: number): Promise<void> {
    const world = generateWorld(this.#options.seed, number);
    const { differences, steps } = await examineWorld(world, this.#configurations, this.#engines);
    this.#steps += steps;
    if (differences.length === 0) {
      this.#passed++;
      return;
    }
    this.#failed++;
    // Two faults may be in one world: those that asynchronous calls have to do with, and others.
    const paused = differences.find(({ who }) => who.includes('interp, asynchronous'));
    const other = differences.find(({ who }) => !who.includes('interp, asynchronous'));
    for (const difference of [other, paused]) if (difference) await this.#failure(number, world, difference);
  }

  async #failure(number: number, world: World, difference: Difference): Promise<void> {
    const { seed, report } = this.#options;
    const seconds = this.#seconds();
    const chosen = this.#configurations.filter(({ name }) => difference.who.includes(name));
    const failing = async (smaller: World): Promise<boolean> => {
      const { differences } = await examineWorld(smaller, chosen, this.#engines);
      return differences.some((one) => one.kind === difference.kind);
    };
    if (difference.lines.some((line) => /which has ended/.test(line)) && this.#found.has('ended')) {
      this.#found.get('ended')!.count++;
      return;
    }
    const known = (kind: FailureKind): boolean => (this.#found.get(kind)?.count ?? 0) >= MOST_KEPT;
    if (Object.keys(KINDS).every((kind) => known(kind as FailureKind))) return;
    const smallest = await reduceWorld(world, failing, REDUCE_MS);
    const { differences } = await examineWorld(smallest, chosen, this.#engines);
    const left = differences.find((one) => one.kind === difference.kind) ?? difference;
    const { kind, wrong } = await classify(smallest, left, this.#configurations, this.#engines);
    const before = this.#found.get(kind);
    if (before) before.count++;
    else this.#found.set(kind, { count: 1, worlds: number + 1, seconds });
    const text = `${left.kind} ${left.who.join(' <> ')} at step ${left.step}: ${left.lines.join(' <> ')}`;
    report(`seed ${seed} world ${number} step ${difference.step}: ${kind} (wrong: ${wrong.join(', ')}): ${text}`);
    if (known(kind) && before) return;
    const found = `${KINDS[kind]}; seed ${seed}, world ${number}: ${text}`;
    report(`  kept as ${keepWorldCase({ found, world: smallest, expected: null }, kind)}`);
  }
}
