// Runs the commands of one script on a target and compares what happens with what the script asserts.
import { AssembleError, assemble } from '../helpers/wat.js';
import { findSkip, SKIPS, TEXT_ONLY } from './skips.js';
import { spectestText } from './spectest.js';
import type { ErrorKind, FeatureProfile, SpecTarget, TargetInstance } from './target.js';
import { matches, type Result, show } from './values.js';
import { type Action, type Command, type ModuleSource, parseScript } from './wast.js';

export interface Failure {
  readonly line: number;
  /** True when the cause is an earlier failure, reported there. */
  readonly follows: boolean;
  readonly expected: string;
  readonly got: string;
}

export interface SkippedCommand {
  readonly line: number;
  readonly reason: string;
}

export interface ScriptReport {
  readonly file: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skipped: readonly SkippedCommand[];
  readonly milliseconds: number;
}

type Outcome =
  | { readonly status: 'pass' }
  | { readonly status: 'fail'; readonly expected: string; readonly got: string; readonly follows?: boolean }
  | { readonly status: 'skip'; readonly reason: string };

const PASS: Outcome = { status: 'pass' };
const skip = (reason: string): Outcome => ({ status: 'skip', reason });
const fail = (expected: string, got: string): Outcome => ({ status: 'fail', expected, got });

/** Something a command needs and an earlier command did not make. */
class Unavailable extends Error {
  readonly skipped: boolean;
  readonly follows: boolean;
  constructor(message: string, skipped: boolean, follows = false) {
    super(message);
    this.skipped = skipped;
    this.follows = follows;
  }
}

/** A module as the target holds it, with the bytes it came from. */
interface Compiled {
  readonly module: unknown;
  readonly bytes: Uint8Array;
}

const NOT_EXECUTED = 'this mode decodes and validates only';

/** The proposals a script is written for, by the folder it is in. */
function profileOf(file: string): FeatureProfile {
  const folder = /^(?:proposals\/)?([^/]+)\//.exec(file)?.[1];
  switch (folder) {
    case 'legacy':
    case 'threads':
    case 'wide-arithmetic':
    case 'custom-page-sizes':
      return folder;
    default:
      return 'core';
  }
}

class ScriptRun {
  private readonly target: SpecTarget;
  private readonly profile: FeatureProfile;
  private readonly definitions = new Map<string, Compiled | Unavailable>();
  private readonly instances = new Map<string, TargetInstance | Unavailable>();
  private readonly registry = new Map<string, TargetInstance>();
  private latestDefinition: Compiled | Unavailable = new Unavailable('no module before', false);
  /** Why a module of the script was left out, once one was. */
  private excuse: string | undefined;
  private current: TargetInstance | Unavailable = new Unavailable('no module before', false);

  constructor(target: SpecTarget, file: string) {
    this.target = target;
    this.profile = profileOf(file);
    if (!target.executes) return;
    // Scripts of the threads proposal alone import the shared memory; a second memory would need another proposal.
    const sharedMemory = target.spectest.sharedMemory && this.profile === 'threads';
    const text = spectestText({ ...target.spectest, sharedMemory });
    const spectest = target.compile(assemble(text), 'all');
    this.registry.set('spectest', target.instantiate(spectest, new Map()));
  }

  run(command: Command): Outcome {
    const outcome = this.attempt(command);
    // A module that the host could not run may have changed what others see: later differences prove nothing.
    if (outcome.status === 'fail' && this.excuse !== undefined) return skip(this.excuse);
    return outcome;
  }

  private attempt(command: Command): Outcome {
    try {
      return this.dispatch(command);
    } catch (error) {
      if (error instanceof Unavailable) {
        if (error.skipped) return skip(error.message);
        return { status: 'fail', expected: '', got: error.message, follows: error.follows };
      }
      return fail('no error', this.describe(error));
    }
  }

  private dispatch(command: Command): Outcome {
    switch (command.kind) {
      case 'module':
      case 'module_definition':
      case 'module_instance':
        return this.module(command);
      case 'register':
        return this.register(command.name, command.id);
      case 'action':
        return this.action(command.action, () => PASS);
      case 'assert_return':
        return this.action(command.action, (results) => {
          const { expected } = command;
          const same =
            results.length === expected.length && results.every((result, index) => matches(result, expected[index]!));
          return same ? PASS : fail(expected.map(show).join(' '), results.map(show).join(' '));
        });
      case 'assert_trap':
        return this.refusedAction(command.action, 'trap', command.text);
      case 'assert_exhaustion':
        return this.refusedAction(command.action, 'exhaustion', command.text);
      case 'assert_exception':
        return this.refusedAction(command.action, 'exception', undefined);
      case 'assert_trap_module':
        return this.refusedInstance(command.source, 'trap', command.text);
      case 'assert_unlinkable':
        return this.refusedInstance(command.source, 'unlinkable', this.target.hasLinkTexts ? command.text : undefined);
      default:
        return this.refusedModule(command);
    }
  }

  /** What the target's error says, for a report. */
  private describe(error: unknown): string {
    const { kind, text } = this.target.classify(error);
    return `${kind}: ${text}`;
  }

  private bytesOf(source: ModuleSource): Uint8Array {
    if (source.form === 'binary') return source.bytes;
    if (source.text === undefined) throw new AssembleError('quoted text is not UTF-8');
    return assemble(source.text);
  }

  /** Compiles what the script takes for valid. */
  private compile(source: ModuleSource): Compiled {
    let bytes: Uint8Array;
    try {
      bytes = this.bytesOf(source);
    } catch (error) {
      throw new Unavailable(`not assembled: ${(error as Error).message}`, false);
    }
    try {
      return { bytes, module: this.target.compile(bytes, this.profile) };
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

  private perform(action: Action): readonly Result[] {
    const instance = this.instance(action.module);
    return action.kind === 'invoke' ? instance.invoke(action.field, action.args) : [instance.get(action.field)];
  }

  private action(action: Action, check: (results: readonly Result[]) => Outcome): Outcome {
    let results: readonly Result[];
    try {
      results = this.perform(action);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      return fail('results', this.describe(error));
    }
    return check(results);
  }

  private refusedAction(action: Action, kind: ErrorKind, text: string | undefined): Outcome {
    try {
      const results = this.perform(action);
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
      const module = this.target.compile(bytes, this.profile);
      if (kind === 'assert_invalid_custom') {
        if (!this.target.checkCustomSections) return skip('the host does not look at custom sections');
        this.target.checkCustomSections(module);
      }
    } catch (error) {
      return this.compareError(error, wanted, undefined);
    }
    return fail(`${wanted[0]}: ${text}`, 'a valid module');
  }

  /** `text` undefined: the kind alone is compared. Texts match when one starts with the other, as scripts add details. */
  private compareError(error: unknown, kinds: readonly ErrorKind[], text: string | undefined): Outcome {
    const got = this.target.classify(error);
    const sameText = text === undefined || got.specTexts.some((spec) => text.startsWith(spec) || spec.startsWith(text));
    if (kinds.includes(got.kind) && sameText) return PASS;
    return fail(`${kinds[0]}${text === undefined ? '' : `: ${text}`}`, `${got.kind}: ${got.text}`);
  }
}

/** Runs a whole script. `file` is its path in the suite without `.wast`; `mode` chooses the entries of the skip list. */
export function runScript(file: string, text: string, target: SpecTarget, mode: string, skips = SKIPS): ScriptReport {
  const start = performance.now();
  const failures: Failure[] = [];
  const skipped: SkippedCommand[] = [];
  let passed = 0;
  const script = new ScriptRun(target, file);
  for (const command of parseScript(text)) {
    const { line } = command;
    const listed = findSkip(skips, file, command, mode);
    const outcome = listed?.neverRun ? skip(listed.reason) : script.run(command);
    if (outcome.status === 'skip') skipped.push({ line, reason: outcome.reason });
    else if (listed !== undefined && outcome.status === 'fail') skipped.push({ line, reason: listed.reason });
    else if (listed !== undefined && !listed.mayPass)
      failures.push({ line, follows: false, expected: `skipped: ${listed.reason}`, got: 'a pass' });
    else if (outcome.status === 'fail') failures.push({ follows: false, ...outcome, line });
    else passed++;
  }
  return { file, passed, failures, skipped, milliseconds: performance.now() - start };
}
