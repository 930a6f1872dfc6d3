// Runs the commands of one script on a target and compares what happens with what the script asserts.
// Refuses to read the text format itself: the caller brings an assembler along.
import { ALL_FEATURES, type FeatureSet } from '../wasm/features.js';
import { type Action, type Command, type ModuleSource, parseScript } from './script-commands.js';
import { fail, note, type Outcome, PASS, type Report, type ScriptReport, type Skip, skip } from './script-report.js';
import type { ErrorKind, SpecTarget, TargetInstance } from './script-target.js';
import { matches, type Result, show } from './script-values.js';
import { spectestText } from './spectest-module.js';

export interface ScriptOptions {
  /** Assembles the text of one core module without validating it. @throws AssembleError when the text is malformed */
  assemble(text: string): Uint8Array;
  /** The features that the script is written for. */
  readonly features: FeatureSet;
  /** Returns the entry of a skip list for a command. A command with one that passes all the same is a failure. */
  skipOf?(command: Command): Skip | undefined;
  /**
   * Runs the commands of a thread in a JavaScript thread of its own, by runThread(), where the target can pass it what it shares; absent: threads take
   * turns.
   */
  startThread?(thread: PassedThread): StartedThread;
}

/** A thread of a script as data that can be posted. */
export interface PassedThread {
  readonly line: number;
  readonly commands: readonly Command[];
  /** What the target has passed of each module that it shares, by name. */
  readonly shared: ReadonlyMap<string, unknown>;
}

export interface StartedThread {
  /** Waits until it has ended. */
  join(): ThreadReport;
}

export interface ThreadReport extends ScriptReport {
  /** Why a module of the thread was left out, if one was. */
  readonly excuse: string | undefined;
}

/** The assembler does not accept the text. */
export class AssembleError extends Error {
  override readonly name = 'AssembleError';
}

/** The reason why text that the assembler refuses, as the script wants, is no pass: no binary was tried. */
export const TEXT_ONLY = 'text format: malformedness that never reaches a binary';

/** A command needs something that an earlier command did not make. */
class Unavailable extends Error {
  readonly skipped: boolean;
  readonly follows: boolean;
  constructor(message: string, skipped: boolean, follows = false) {
    super(message);
    this.skipped = skipped;
    this.follows = follows;
  }
}

/** A module as the target holds it, with the bytes that it came from. */
interface Compiled {
  readonly module: unknown;
  readonly bytes: Uint8Array;
}

/** What a step of a script's thread came to: it can go on, or only another thread can let it. */
type Step = 'goes on' | 'waits';
/** Work that lets other threads of the script run in between. */
type Steps<T> = Generator<Step, T, void>;

/** A thread of a script, or the script itself. */
interface ScriptThread {
  readonly run: ScriptRun;
  readonly steps: Steps<void>;
  isDone: boolean;
}

/** What all threads of a script have in one JavaScript thread. */
interface ScriptState {
  readonly threads: ScriptThread[];
  /** Those in JavaScript threads of their own that nobody has waited for yet. */
  readonly started: Set<StartedThread>;
  readonly report: Report;
}

type ThreadCommand = Command & { kind: 'thread' };

const NOT_EXECUTED = 'this mode decodes and validates only';

class ScriptRun {
  private readonly target: SpecTarget;
  private readonly options: ScriptOptions;
  private readonly state: ScriptState;
  private readonly threadsByName = new Map<string, ScriptThread | StartedThread>();
  private readonly definitions = new Map<string, Compiled | Unavailable>();
  private readonly instances = new Map<string, TargetInstance | Unavailable>();
  private readonly registry = new Map<string, TargetInstance>();
  private latestDefinition: Compiled | Unavailable = new Unavailable('no module before', false);
  /** The reason why a module of the script was left out, if one was. */
  excuse: string | undefined;
  private current: TargetInstance | Unavailable = new Unavailable('no module before', false);

  constructor(target: SpecTarget, options: ScriptOptions, state: ScriptState) {
    this.target = target;
    this.options = options;
    this.state = state;
    if (!target.executes) return;
    const spectest = target.compile(options.assemble(spectestFor(target, options.features)), ALL_FEATURES);
    this.registry.set('spectest', target.instantiate(spectest, new Map()));
  }

  /** Makes a module of another thread known by its name. */
  share(name: string, instance: TargetInstance | Unavailable): void {
    this.instances.set(name, instance);
  }
  /** Puts the commands beside what runs already. */
  start(commands: readonly Command[]): ScriptThread {
    const thread = { run: this, steps: this.runAll(commands), isDone: false };
    this.state.threads.push(thread);
    return thread;
  }
  private *runAll(commands: readonly Command[]): Steps<void> {
    for (const command of commands) {
      const listed = this.options.skipOf?.(command);
      const outcome = listed?.neverRun ? skip(listed.reason) : yield* this.run(command);
      note(this.state.report, command, listed, outcome);
    }
  }

  private *run(command: Command): Steps<Outcome> {
    const outcome = yield* this.attempt(command);
    // A module that the target could not run may have changed what others see: later differences prove nothing.
    if (outcome.status === 'fail' && this.excuse !== undefined) return skip(this.excuse);
    return outcome;
  }

  private *attempt(command: Command): Steps<Outcome> {
    try {
      return yield* this.dispatch(command);
    } catch (error) {
      if (error instanceof Unavailable) {
        if (error.skipped) return skip(error.message);
        return { status: 'fail', expected: '', got: error.message, follows: error.follows };
      }
      return fail('no error', this.describe(error));
    }
  }

  private *dispatch(command: Command): Steps<Outcome> {
    switch (command.kind) {
      case 'module':
      case 'module_definition':
      case 'module_instance':
        return this.module(command);
      case 'register':
        return this.register(command.name, command.id);
      case 'action':
        return yield* this.action(command.action, () => PASS);
      case 'assert_return':
        return yield* this.action(command.action, (results) => {
          const { expected } = command;
          const same =
            results.length === expected.length && results.every((result, index) => matches(result, expected[index]!));
          return same ? PASS : fail(expected.map(show).join(' '), results.map(show).join(' '));
        });
      case 'assert_trap':
        return yield* this.refusedAction(command.action, 'trap', command.text);
      case 'assert_exhaustion':
        return yield* this.refusedAction(command.action, 'exhaustion', command.text);
      case 'assert_exception':
        return yield* this.refusedAction(command.action, 'exception', undefined);
      case 'assert_trap_module':
        return this.refusedInstance(command.source, 'trap', command.text);
      case 'assert_unlinkable':
        return this.refusedInstance(command.source, 'unlinkable', this.target.hasLinkTexts ? command.text : undefined);
      case 'thread':
        return this.thread(command);
      case 'wait':
        return yield* this.wait(command.thread);
      default:
        return this.refusedModule(command);
    }
  }

  /** Returns what the target's error says, for a report. */
  private describe(error: unknown): string {
    const { kind, text } = this.target.classify(error);
    return `${kind}: ${text}`;
  }

  private bytesOf(source: ModuleSource): Uint8Array {
    if (source.form === 'binary') return source.bytes;
    if (source.text === undefined) throw new AssembleError('quoted text is not UTF-8');
    return this.options.assemble(source.text);
  }

  /** Compiles a module that the script takes for valid. */
  private compile(source: ModuleSource): Compiled {
    let bytes: Uint8Array;
    try {
      bytes = this.bytesOf(source);
    } catch (error) {
      throw new Unavailable(`not assembled: ${(error as Error).message}`, false);
    }
    try {
      return { bytes, module: this.target.compile(bytes, this.options.features) };
    } catch (error) {
      throw this.unavailable(error, bytes);
    }
  }

  private instantiate({ module, bytes }: Compiled): TargetInstance {
    try {
      return this.target.instantiate(module, this.registry);
    } catch (error) {
      throw this.unavailable(error, bytes);
    }
  }

  private unavailable(error: unknown, bytes: Uint8Array): Unavailable {
    const excuse = this.target.excuse(error, bytes);
    this.excuse ??= excuse;
    return excuse === undefined ? new Unavailable(this.describe(error), false) : new Unavailable(excuse, true);
  }

  private module(command: Command & { kind: 'module' | 'module_definition' | 'module_instance' }): Outcome {
    const instantiates = command.kind !== 'module_definition';
    try {
      const module = command.kind === 'module_instance' ? this.definition(command.definition) : this.define(command);
      if (!instantiates) return PASS;
      this.setCurrent(
        command.id,
        this.target.executes ? this.instantiate(module) : new Unavailable(NOT_EXECUTED, true),
      );
      return PASS;
    } catch (error) {
      const cause = error instanceof Unavailable ? error : new Unavailable(this.describe(error), false);
      const unavailable = new Unavailable(`module of line ${command.line}: ${cause.message}`, cause.skipped, true);
      if (instantiates) this.setCurrent(command.id, unavailable);
      return cause.skipped ? skip(cause.message) : fail('a valid module', cause.message);
    }
  }

  private setCurrent(id: string | undefined, instance: TargetInstance | Unavailable): void {
    this.current = instance;
    if (id !== undefined) this.instances.set(id, instance);
  }

  private define(command: Command & { kind: 'module' | 'module_definition' }): Compiled {
    let module: Compiled | Unavailable;
    try {
      module = this.compile(command.source);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      module = error;
    }
    this.latestDefinition = module;
    if (command.id !== undefined) this.definitions.set(command.id, module);
    if (module instanceof Unavailable) throw module;
    return module;
  }

  private definition(id: string | undefined): Compiled {
    const module = id === undefined ? this.latestDefinition : this.definitions.get(id);
    if (module === undefined) throw new Unavailable(`unknown module ${id}`, false);
    if (module instanceof Unavailable) throw module;
    return module;
  }

  private instance(id: string | undefined): TargetInstance {
    const instance = id === undefined ? this.current : this.instances.get(id);
    if (instance === undefined) throw new Unavailable(`unknown instance ${id}`, false);
    if (instance instanceof Unavailable) throw instance;
    return instance;
  }

  private register(name: string, id: string | undefined): Outcome {
    this.registry.set(name, this.instance(id));
    return PASS;
  }

  /** A thread knows nothing of what is registered, and the shared modules by their names. */
  private thread(command: ThreadCommand): Outcome {
    const thread = this.startElsewhere(command) ?? this.startHere(command);
    if (command.id !== undefined) this.threadsByName.set(command.id, thread);
    return PASS;
  }
  private startHere({ shared, commands }: ThreadCommand): ScriptThread {
    const inside = new ScriptRun(this.target, this.options, this.state);
    for (const name of shared) {
      inside.share(name, this.instances.get(name) ?? new Unavailable(`unknown instance ${name}`, false));
    }
    return inside.start(commands);
  }
  private startElsewhere({ line, shared, commands }: ThreadCommand): StartedThread | undefined {
    const { passing } = this.target;
    if (passing === undefined || this.options.startThread === undefined) return undefined;
    const passed = new Map(shared.map((name) => [name, passing.pass(this.instance(name))]));
    const thread = this.options.startThread({ line, commands, shared: passed });
    this.state.started.add(thread);
    return thread;
  }
  private *wait(name: string): Steps<Outcome> {
    const thread = this.threadsByName.get(name);
    if (thread === undefined) throw new Unavailable(`unknown thread ${name}`, false);
    if ('join' in thread) {
      this.excuse ??= join(thread, this.state);
      return PASS;
    }
    while (!thread.isDone) yield 'waits';
    this.excuse ??= thread.run.excuse;
    return PASS;
  }

  private *perform(action: Action): Steps<readonly Result[]> {
    const instance = this.instance(action.module);
    if (action.kind === 'get') return [instance.get(action.field)];
    // Scripts without threads make their calls as a whole.
    const call = this.state.threads.length > 1 ? instance.begin?.(action.field, action.args) : undefined;
    if (call === undefined) return instance.invoke(action.field, action.args);
    try {
      for (;;) {
        // A call that begins to wait may have woken another thread, which had its turn before.
        const waited = call.waits;
        const results = call.step();
        if (results !== undefined) return results;
        yield waited && call.waits ? 'waits' : 'goes on';
      }
    } finally {
      call.end();
    }
  }

  private *action(action: Action, check: (results: readonly Result[]) => Outcome): Steps<Outcome> {
    let results: readonly Result[];
    try {
      results = yield* this.perform(action);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      return fail('results', this.describe(error));
    }
    return check(results);
  }

  private *refusedAction(action: Action, kind: ErrorKind, text: string | undefined): Steps<Outcome> {
    try {
      const results = yield* this.perform(action);
      return fail(`${kind}: ${text ?? ''}`, results.map(show).join(' ') || 'a normal return');
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      return this.compareError(error, [kind], text);
    }
  }

  private refusedInstance(source: ModuleSource, kind: ErrorKind, text: string | undefined): Outcome {
    const { module } = this.compile(source);
    if (!this.target.executes) return skip(NOT_EXECUTED);
    try {
      this.target.instantiate(module, this.registry);
    } catch (error) {
      return this.compareError(error, [kind], text);
    }
    return fail(`${kind}: ${text ?? ''}`, 'an instance');
  }

  private refusedModule(command: Command & { source: ModuleSource; text: string }): Outcome {
    const { source, kind, text } = command;
    let bytes: Uint8Array;
    try {
      bytes = this.bytesOf(source);
    } catch (error) {
      if (!(error instanceof AssembleError)) throw error;
      return source.form === 'quote' ? skip(TEXT_ONLY) : fail(text, `not assembled: ${error.message}`);
    }
    const wanted: ErrorKind[] = kind.startsWith('assert_invalid') ? ['invalid'] : ['malformed'];
    // What is malformed as text may be well-formed but invalid once it is binary.
    if (source.form === 'quote' || !this.target.tellsMalformedFromInvalid) wanted.push('malformed', 'invalid');
    try {
      const module = this.target.compile(bytes, this.options.features);
      if (kind === 'assert_invalid_custom') {
        if (!this.target.checkCustomSections) return skip('the host does not look at custom sections');
        this.target.checkCustomSections(module);
      }
    } catch (error) {
      return this.compareError(error, wanted, undefined);
    }
    return fail(`${wanted[0]}: ${text}`, 'a valid module');
  }

  /** Compares the kind alone if `text` is undefined. Texts match when one starts with the other, since scripts add details. */
  private compareError(error: unknown, kinds: readonly ErrorKind[], text: string | undefined): Outcome {
    const got = this.target.classify(error);
    const sameText = text === undefined || got.specTexts.some((spec) => text.startsWith(spec) || spec.startsWith(text));
    if (kinds.includes(got.kind) && sameText) return PASS;
    return fail(`${kinds[0]}${text === undefined ? '' : `: ${text}`}`, `${got.kind}: ${got.text}`);
  }
}

/** Only scripts of the threads proposal import the shared memory. */
function spectestFor({ spectest }: SpecTarget, features: FeatureSet): string {
  return spectestText({ ...spectest, sharedMemory: spectest.sharedMemory && features.has('threads') });
}

/** Returns every text that runScript gives to the assembler, for assemblers that cannot answer at once. @throws ScriptError */
export function textsOf(script: string, target: SpecTarget, features: FeatureSet): string[] {
  const texts = target.executes ? [spectestFor(target, features)] : [];
  const add = (commands: readonly Command[]): void => {
    for (const command of commands) {
      if (command.kind === 'thread') add(command.commands);
      if (!('source' in command) || command.source.form === 'binary') continue;
      if (command.source.text !== undefined) texts.push(command.source.text);
    }
  };
  add(parseScript(script));
  return texts;
}

/** Takes the report of a thread, the first time. @returns why a module of it was left out, if one was */
function join(thread: StartedThread, { started, report }: ScriptState): string | undefined {
  if (!started.delete(thread)) return undefined;
  const { passed, failures, skipped, excuse } = thread.join();
  report.passed += passed;
  report.failures.push(...failures);
  report.skipped.push(...skipped);
  return excuse;
}

/** Runs a whole script. @throws ScriptError if it is not well-formed */
export function runScript(text: string, target: SpecTarget, options: ScriptOptions): ScriptReport {
  const { passed, failures, skipped } = runThread(
    { line: 1, commands: parseScript(text), shared: new Map() },
    target,
    options,
  );
  return { passed, failures, skipped };
}

/** Runs a thread of a script, and the threads that it starts. */
export function runThread(
  { commands, shared }: PassedThread,
  target: SpecTarget,
  options: ScriptOptions,
): ThreadReport {
  const state: ScriptState = { threads: [], started: new Set(), report: { passed: 0, failures: [], skipped: [] } };
  const { threads, started, report } = state;
  const run = new ScriptRun(target, options, state);
  for (const [name, passed] of shared) run.share(name, target.passing!.receive(passed));
  run.start(commands);
  while (threads.some(({ isDone }) => !isDone)) {
    let stands = true;
    // The list grows when a thread starts another, which has its turn in the same round.
    for (const thread of threads) if (!thread.isDone && !step(thread)) stands = false;
    if (!stands) continue;
    const why = new Unavailable('all threads of the script wait', false);
    for (const thread of threads) if (!thread.isDone) end(thread, why);
  }
  for (const thread of started) join(thread, state);
  return { ...report, excuse: run.excuse };
}
/** @returns whether it only waits */
function step(thread: ScriptThread): boolean {
  const { value, done } = thread.steps.next();
  thread.isDone = done === true;
  return value === 'waits';
}
/** Ends the command that waits, as a failure; the next ones follow. */
function end(thread: ScriptThread, why: Unavailable): void {
  thread.isDone = thread.steps.throw(why).done === true;
}
