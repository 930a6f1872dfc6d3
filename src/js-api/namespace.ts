// The namespace object itself, with its classes and functions, and what its embedder keeps: usage, totals, its end. Refuses options by name.
import type { RuntimeHost } from '../embed/init/full-init.js';
import { chooseMode } from '../embed/instance/choose-mode.js';
import { FEATURE_CHOICE } from '../embed/module/wasm-module.js';
import { Runtime } from '../embed/runtime.js';
import {
  type Check,
  type Checks,
  checkOptions,
  nonNegativeInteger,
  nonNegativeNumber,
  oneOf,
} from '../runtime/check-options.js';
import { MODE_CHOICES, type ModeChoice, type RunningMode } from '../runtime/running-mode.js';
import { UsageError } from '../wasm/errors.js';
import { type Feature, featureSet } from '../wasm/features.js';
import {
  type Consumption,
  isWhole,
  type NamespaceLimits,
  type NamespaceLimitsOf,
  type NamespaceTotals,
  namespaceLimits,
} from '../wasm/limit-table.js';
import type { Usage } from '../wasm/usage-table.js';
import { heldOf } from './account.js';
import { Agent } from './agent.js';
import { readCompileOptions } from './builtins.js';
import { exceptionClass, tagClass } from './exception-classes.js';
import { globalClass } from './global-class.js';
import { instanceClass, type LiveInstance, liveInstance } from './instance-class.js';
import { prepareInstance } from './instantiation.js';
import { compileModule, type LoadedModule } from './loaded-module.js';
import { memoryClass } from './memory-class.js';
import { moduleClass } from './module-class.js';
import { bytesOfResponse, hasResponses } from './streaming.js';
import { promisingFunction, suspendingClass } from './suspending.js';
import { tableClass } from './table-class.js';
import { Brand, bytesOf } from './web-idl.js';

/** How a namespace runs what it compiles, and what that may use. */
export interface NamespaceOptions {
  /** What runs the modules. Default `auto`: the fastest mode here that has every feature that is on. */
  readonly mode?: ModeChoice | undefined;
  /** Limits of each call from outside, compiling and instantiating included. Beyond one: LimitError, which no guest can catch. */
  readonly limits?: NamespaceLimits | undefined;
  /** Limits of everything that the namespace does in its life. Once one is used up every call fails at once. */
  readonly total?: NamespaceTotals | undefined;
  /** Features on or off, against the default set. */
  readonly features?: Partial<Record<Feature, boolean>> | undefined;
}

/** What a namespace stands on. */
export type NamespaceHost = Pick<RuntimeHost, 'platform' | 'engines'>;

/** What the embedder of a namespace has that the standard object does not show. */
export interface NamespaceControl {
  /** The runtime that the namespace is. */
  readonly runtime: Runtime;
  /** The mode that runs every module. */
  readonly mode: RunningMode;
  /** What all of its calls together have used; `wallMs` only where some limit is of time, which may be Infinity. */
  readonly usage: Usage;
  /**
   * Gives more of totals, used up or not.
   * @throws UsageError for a total that the namespace does not have
   */
  refill(more: Consumption): void;
  /** Ends the runtime: from then on every call is a UsageError. @throws UsageError while a call runs */
  destroy(): void;
}

function limitChecks<Way extends Parameters<typeof namespaceLimits>[number]>(
  ...ways: Way[]
): Readonly<Record<NamespaceLimitsOf<Way>, Check>> {
  const checks = namespaceLimits(...ways).map((name) => [name, isWhole(name) ? nonNegativeInteger : nonNegativeNumber]);
  return Object.fromEntries(checks) as Record<NamespaceLimitsOf<Way>, Check>;
}
const CONSUMPTION: Checks<Consumption> = limitChecks('used up');
const LIMITS: Checks<NamespaceLimits> = limitChecks('each call', 'used up');
const TOTALS: Checks<NamespaceTotals> = limitChecks('held', 'used up');
const CHECKS: Checks<NamespaceOptions> = {
  mode: oneOf(...MODE_CHOICES),
  limits: { checks: LIMITS },
  total: { checks: TOTALS },
  features: FEATURE_CHOICE,
};

/** Which namespace belongs to which runtime: kept beside the objects, which show nothing but what the standard says. */
const CONTROLS = new WeakMap<object, NamespaceControl>();

/**
 * Makes a namespace of its own: everything in it shares one runtime, and nothing with any other.
 * @throws UsageError for options that there are not, and where the mode cannot run here
 */
export function createNamespace(options: NamespaceOptions | undefined, host: NamespaceHost): object {
  const {
    mode = 'auto',
    limits = {},
    total = {},
    features = {},
  } = checkOptions<NamespaceOptions>(options, CHECKS, 'options');
  const { platform, engines } = host;
  const modules = mode === 'auto' ? [{ usedFeatures: featureSet(features) }] : [];
  const chosen = chooseMode(engines, mode, modules, undefined, {}, 'modules of this namespace');
  const args = { features, limits: { ...heldOf(total), ...limits } };
  const runtime = Runtime.init(args, { platform, engines, libraries: [] });
  const agent = new Agent(runtime.state, chosen, limits, total);
  const namespace = defineNamespace(agent);
  CONTROLS.set(namespace, {
    runtime,
    mode: agent.engine.mode,
    get usage() {
      return agent.account.usage;
    },
    refill: (more) => agent.account.refill(checkOptions<Consumption>(more, CONSUMPTION, 'refill')),
    destroy: () => void runtime.destroy(),
  });
  return namespace;
}

/**
 * What the embedder of an object of createWebAssembly has that the standard does not show: its runtime, what it has used, more of its totals, its end.
 * @param webAssembly one that createWebAssembly made, or the global one after installWebAssembly
 * @throws UsageError for any other
 */
export function enclasmOf(webAssembly: object): NamespaceControl {
  const control = CONTROLS.get(webAssembly);
  if (control === undefined) throw new UsageError('a namespace of createWebAssembly is wanted');
  return control;
}

function defineNamespace(agent: Agent): object {
  const { thrown } = agent;
  const modules = new Brand<LoadedModule>('Module');
  const instances = new Brand<LiveInstance>('Instance');
  const namespace = {};
  const hidden = {
    Module: moduleClass(agent, modules),
    Instance: instanceClass(agent, modules, instances),
    Memory: memoryClass(agent),
    Table: tableClass(agent),
    Global: globalClass(agent),
    Tag: tagClass(agent),
    Exception: exceptionClass(agent),
    CompileError: thrown.CompileError,
    LinkError: thrown.LinkError,
    RuntimeError: thrown.RuntimeError,
    ...(agent.canPause && { Suspending: suspendingClass(agent), SuspendError: thrown.SuspendError }),
  };
  for (const [name, value] of Object.entries(hidden)) {
    Object.defineProperty(namespace, name, { value, writable: true, configurable: true });
  }
  const shown = {
    ...functions(agent, modules, instances),
    ...(agent.canPause && { promising: promisingFunction(agent) }),
    JSTag: agent.tags.objectFor(agent.jsTag),
  };
  Object.assign(namespace, shown);
  Object.defineProperty(namespace, 'JSTag', { writable: false, enumerable: false });
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'WebAssembly', configurable: true });
  return namespace;
}

/** The functions of the namespace. What they compile they copy at once, before the caller can change it. */
function functions(agent: Agent, modules: Brand<LoadedModule>, instances: Brand<LiveInstance>) {
  const { platform } = agent.store;
  const compile = async (bytes: Uint8Array, options: unknown, what: string): Promise<LoadedModule> => {
    const compileOptions = readCompileOptions(options, what);
    // Whatever the size, what compiles is a task of its own: callers may rely on nothing happening before.
    if (bytes.length > MUCH_CODE) await platform.yieldToEventLoop();
    else await undefined;
    return compileModule(agent, bytes, compileOptions);
  };
  const both = (loaded: LoadedModule, imports: unknown): object => {
    const instance = liveInstance(agent, prepareInstance(agent, loaded, imports)());
    return { module: modules.objectFor(loaded), instance: instances.objectFor(instance) };
  };
  const streaming = hasResponses() && {
    async compileStreaming(source: unknown, ...options: unknown[]): Promise<object> {
      const what = 'WebAssembly.compileStreaming()';
      const compileOptions = readCompileOptions(options[0], what);
      return modules.objectFor(compileModule(agent, await bytesOfResponse(source, what), compileOptions));
    },
    async instantiateStreaming(source: unknown, ...rest: unknown[]): Promise<object> {
      const what = 'WebAssembly.instantiateStreaming()';
      const compileOptions = readCompileOptions(rest[1], what);
      const loaded = compileModule(agent, await bytesOfResponse(source, what), compileOptions);
      return both(loaded, rest[0]);
    },
  };

  return {
    ...streaming,
    validate(bytes: unknown, ...options: unknown[]): boolean {
      const what = 'WebAssembly.validate()';
      const copy = bytesOf(bytes, what);
      const compileOptions = readCompileOptions(options[0], what);
      try {
        compileModule(agent, copy, compileOptions);
        return true;
      } catch (error) {
        if (error instanceof agent.thrown.CompileError) return false;
        throw error;
      }
    },
    async compile(bytes: unknown, ...options: unknown[]): Promise<object> {
      const what = 'WebAssembly.compile()';
      return modules.objectFor(await compile(bytesOf(bytes, what), options[0], what));
    },
    async instantiate(source: unknown, ...rest: unknown[]): Promise<object> {
      const what = 'WebAssembly.instantiate()';
      const [imports, options] = rest;
      const known = modules.find(source);
      if (known !== undefined) {
        const make = prepareInstance(agent, known, imports);
        await undefined;
        return instances.objectFor(liveInstance(agent, make()));
      }
      return both(await compile(bytesOf(source, what), options, what), imports);
    },
  };
}

/** Bytes of a module that take longer to compile than other tasks should wait for. */
const MUCH_CODE = 1 << 20;
