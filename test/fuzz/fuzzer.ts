// The loop: makes families of modules (a random one and its mutants), examines them here, asks the newest Node, counts, keeps what
// differs. While Node works on one batch, the next one is made.
import { ALL_FEATURES, type Feature, type FeatureSet } from '#src/wasm/features.js';
import { newestNode } from '../../scripts/newest-node.js';
import { assemble } from '../helpers/wat.js';
import { PROBES } from '../spec/targets/v8.js';
import { keepCase, loadCases, recordCase, unrecordedCases } from './cases.js';
import { compareVisible, type Difference } from './compare.js';
import { loadCorpus } from './corpus.js';
import { excuseValidity } from './differences.js';
import { type Examined, examine } from './examine.js';
import type { Mode } from './modes.js';
import { mutateBytes, mutateCode } from './mutate.js';
import { type Answer, encodeRequest, type NoAnswer, NodeProcess } from './node-process.js';
import { Random } from './random.js';
import { reduce } from './reduce.js';
import { TtfGenerator } from './ttf.js';

export type FuzzKind = 'ttf' | 'mutate';

export interface FuzzerOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly modes: readonly Mode[];
  readonly kinds: readonly FuzzKind[];
  /** Only this family; undefined: all, one after another, until the time is over. */
  readonly family: number | undefined;
  /** Whether the newest Node takes part. */
  readonly node: boolean;
  readonly report: (line: string) => void;
}

interface Subject {
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly seed: number;
}

interface Verdict {
  readonly differences: readonly Difference[];
  /** Why Node's answer was not compared. */
  readonly skipped: string | undefined;
  readonly answer: Answer | undefined;
}

const PROGRESS_MS = 30_000;
/** Differences that are minimised and kept: more are of one cause, most likely. */
const MOST_KEPT = 20;
const MUTANTS = { careful: 6, rough: 6 };

export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #node: NodeProcess | undefined;
  readonly #features: FeatureSet;
  readonly #ttf: TtfGenerator;
  readonly #corpus = loadCorpus();
  readonly #skips = new Map<string, number>();
  readonly #reportedCauses = new Set<string>();
  readonly #started = Date.now();
  #reported = Date.now();
  #passed = 0;
  #failed = 0;
  #ran = 0;
  #calls = 0;

  static async create(options: FuzzerOptions): Promise<Fuzzer> {
    const binary = options.node ? newestNode() : null;
    if (options.node && binary === null)
      throw new Error('the newest Node could not be installed (--no-node does without)');
    const node = binary === null ? undefined : new NodeProcess(binary);
    return new Fuzzer(options, node, node ? await featuresOf(node) : ALL_FEATURES);
  }

  private constructor(options: FuzzerOptions, node: NodeProcess | undefined, features: FeatureSet) {
    this.#options = options;
    this.#node = node;
    this.#features = features;
    const names: readonly Feature[] = ['wide-arithmetic', 'custom-page-sizes'];
    this.#ttf = new TtfGenerator({ without: names.filter((name) => !features.has(name)) });
  }

  dispose(): void {
    this.#node?.dispose();
    this.#ttf.dispose();
  }

  async run(): Promise<{ passed: number; failed: number; skipped: number }> {
    const { minutes, family } = this.#options;
    const end = this.#started + minutes * 60_000;
    let pending: Promise<void> = Promise.resolve();
    if (family !== undefined) await this.#examineAll(await this.#family(family));
    for (let number = 0; family === undefined && (number === 0 || Date.now() < end); number++) {
      const subjects = await this.#family(number);
      const examined = subjects.map((one) => this.#examine(one));
      await pending;
      pending = this.#judgeAll(subjects, examined);
      this.#progress();
    }
    await pending;
    const skipped = [...this.#skips.values()].reduce((sum, count) => sum + count, 0);
    this.#summary();
    return { passed: this.#passed, failed: this.#failed, skipped };
  }

  /**
   * Writes down what the newest Node does with every case, which is what is right: after a change of the plans, and for modules that
   * were put there by hand. Returns how many cases disagree with one of our modes.
   */
  async record(): Promise<number> {
    const added = unrecordedCases().map((one) => ({ ...one, seed: 1, found: 'added by hand' }));
    let failed = 0;
    for (const { name, bytes, seed, found } of [...loadCases(), ...added]) {
      const subject = { label: name, bytes, seed };
      const examined = this.#examine(subject);
      const [verdict] = await this.#ask([subject], [examined]);
      const { answer, differences } = verdict!;
      recordCase(name, {
        found,
        seed,
        validity: (answer?.validity ?? examined.validity) === 'valid' ? 'valid' : 'invalid',
        expected: answer?.transcript?.lines ?? examined.transcript?.lines ?? null,
      });
      failed += differences.length > 0 ? 1 : 0;
      for (const { who, ours, theirs } of differences) this.#options.report(`${name}: ${who}: ${ours} <> ${theirs}`);
    }
    return failed;
  }

  #progress(): void {
    if (Date.now() - this.#reported < PROGRESS_MS) return;
    this.#reported = Date.now();
    const skipped = [...this.#skips.values()].reduce((sum, count) => sum + count, 0);
    const total = this.#passed + this.#failed + skipped;
    const seconds = (Date.now() - this.#started) / 1000;
    const rate = `${(total / seconds).toFixed(0)} modules/s, ${this.#ran} ran, ${this.#calls} calls`;
    this.#options.report(
      `${seconds.toFixed(0)} s: ${this.#passed} passed, ${this.#failed} failed, ${skipped} skipped (${rate})`,
    );
  }
  #summary(): void {
    for (const [reason, count] of [...this.#skips].sort((a, b) => b[1] - a[1]).slice(0, 12)) {
      this.#options.report(`skipped ${count}: ${reason}`);
    }
    this.#options.report(`${this.#ran} modules ran, ${this.#calls} calls compared`);
  }

  // ---- making modules ----

  /** A random module or one of the corpus, and mutants of it. Depends on the seed and the number alone. */
  async #family(number: number): Promise<Subject[]> {
    const { seed, kinds } = this.#options;
    const random = new Random(seed, number);
    const kind = random.pick(kinds);
    const base = kind === 'ttf' ? await this.#ttf.generate(random) : random.pick(this.#corpus);
    if (base === undefined) return [];
    const subjects: Subject[] = [];
    const add = (bytes: Uint8Array | undefined, what: string): void => {
      if (bytes) subjects.push({ label: `family ${number} ${kind} ${what}`, bytes, seed: random.u32() });
    };
    add(base, 'base');
    for (let i = 0; i < MUTANTS.careful; i++) add(mutateCode(base, random), `careful mutant ${i}`);
    for (let i = 0; i < MUTANTS.rough; i++) add(mutateBytes(base, random, this.#corpus), `rough mutant ${i}`);
    return subjects;
  }

  #examine({ bytes, seed }: Subject): Examined {
    return examine(bytes, seed, this.#options.modes, this.#features);
  }

  // ---- judging them ----

  async #examineAll(subjects: readonly Subject[]): Promise<void> {
    await this.#judgeAll(
      subjects,
      subjects.map((one) => this.#examine(one)),
    );
  }

  async #judgeAll(subjects: readonly Subject[], examined: readonly Examined[]): Promise<void> {
    const verdicts = await this.#ask(subjects, examined);
    for (const [i, verdict] of verdicts.entries()) {
      const { transcript } = examined[i]!;
      if (transcript) {
        this.#ran++;
        this.#calls += transcript.calls;
      }
      if (verdict.differences.length > 0) {
        this.#failed++;
        await this.#keep(subjects[i]!, examined[i]!, verdict);
      } else if (verdict.skipped !== undefined) {
        this.#skips.set(verdict.skipped, (this.#skips.get(verdict.skipped) ?? 0) + 1);
      } else this.#passed++;
    }
  }

  async #ask(subjects: readonly Subject[], examined: readonly Examined[]): Promise<Verdict[]> {
    const requests = subjects.map(({ bytes }, i) => encodeRequest(bytes, examined[i]!.forOthers));
    const answers = this.#node ? await this.#node.ask(requests) : requests.map(() => undefined);
    return answers.map((answer, i) => judge(examined[i]!, answer));
  }

  async #keep({ label, bytes, seed }: Subject, found: Examined, verdict: Verdict): Promise<void> {
    const { report } = this.#options;
    const [difference] = verdict.differences;
    // The mutants of a module mostly show what it shows.
    const cause = `${label.split(' ', 2).join(' ')} ${difference!.who}`;
    if (this.#reportedCauses.has(cause)) return;
    this.#reportedCauses.add(cause);
    report(`DIFFERENCE ${label}: ${difference!.who}\n  ours:   ${difference!.ours}\n  theirs: ${difference!.theirs}`);
    if (this.#reportedCauses.size > MOST_KEPT) return;
    const interesting = async (smaller: Uint8Array): Promise<boolean> => {
      const subject = { label, bytes: smaller, seed };
      const again = this.#examine(subject);
      if ((again.validity === 'valid') !== (found.validity === 'valid')) return false;
      const [judged] = await this.#ask([subject], [again]);
      return judged!.differences.some(({ who }) => who === difference!.who);
    };
    const small = await reduce(bytes, interesting);
    const subject = { label, bytes: small, seed };
    const again = this.#examine(subject);
    const [judged] = await this.#ask([subject], [again]);
    const { who, ours, theirs } = judged!.differences[0] ?? difference!;
    const path = keepCase(small, {
      found: `${who}: ${ours} <> ${theirs}`,
      seed,
      validity: (judged!.answer?.validity ?? again.validity) === 'valid' ? 'valid' : 'invalid',
      expected: judged!.answer?.transcript?.lines ?? again.transcript?.lines ?? null,
    });
    report(`  kept as ${path} (${small.length} of ${bytes.length} bytes)\n  ours:   ${ours}\n  theirs: ${theirs}`);
  }
}

/** What of an examined module and Node's answer disagrees. */
function judge(examined: Examined, answer: Answer | NoAnswer | undefined): Verdict {
  const { differences, skipped, validity, transcript } = examined;
  if (differences.length > 0 || answer === undefined) {
    return { differences, skipped, answer: answer && 'validity' in answer ? answer : undefined };
  }
  if ('lost' in answer) return { differences, skipped: `Node: ${answer.lost}`, answer: undefined };
  if ((validity === 'valid') !== (answer.validity === 'valid')) {
    const excuse = excuseValidity(validity, answer.validity);
    const difference = { who: 'Node, validity', ours: validity, theirs: answer.validity };
    return { differences: excuse === undefined ? [difference] : [], skipped: excuse, answer };
  }
  const theirs = answer.transcript;
  if (theirs === undefined || transcript === undefined) return { differences, skipped, answer };
  if (theirs.stopped !== undefined) return { differences, skipped: 'Node reached a limit of its own', answer };
  const difference = compareVisible('Node', transcript, theirs);
  return { differences: difference ? [difference] : [], skipped, answer };
}

/** Those of our features that the Node has. */
async function featuresOf(node: NodeProcess): Promise<FeatureSet> {
  const probes = Object.entries(PROBES) as [Feature, string][];
  const answers = await node.ask(probes.map(([, text]) => encodeRequest(assemble(text))));
  const missing = probes.filter((_, i) => (answers[i] as Answer).validity !== 'valid').map(([feature]) => feature);
  return new Set([...ALL_FEATURES].filter((feature) => !missing.includes(feature)));
}
