// An engine for tests of what surrounds engines: each function of a guest runs a given JavaScript function, by export name or index.
// A function without one traps with "unreachable".
import type { Engine } from '#src/runtime/engine.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { type Execution, FunctionInstance } from '#src/runtime/function.js';
import type { Instance } from '#src/runtime/instance.js';
import { initialize } from '#src/runtime/instantiate.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import type { Slots } from '#src/runtime/slots.js';
import { Trap } from '#src/wasm/errors.js';
import type { DefinedType } from '#src/wasm/subtyping.js';

export interface FakeCall {
  readonly env: ExecEnv;
  readonly slots: Slots;
  readonly instance: Instance;
}
/** A generator yields what Execution.run returns; a promise is awaited. */
export type FakeBody = (call: FakeCall) => void | Generator<string | Promise<void>, void>;
export type FakeProgram = Readonly<Record<string, FakeBody>>;

class FakeFunction extends FunctionInstance {
  override readonly index = -1;
  readonly instance: Instance;
  readonly body: FakeBody;

  constructor(type: DefinedType, name: string, instance: Instance, body: FakeBody) {
    super(type, name);
    this.instance = instance;
    this.body = body;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    const { meter } = env.store;
    const caller = env.instance;
    env.instance = this.instance;
    try {
      const steps = this.body({ env, slots, instance: this.instance });
      if (steps) for (const _ of steps) meter.charge(1);
    } finally {
      env.instance = caller;
    }
  }
  override begin(env: ExecEnv, slots: Slots): Execution {
    const { instance, body } = this;
    env.instance = instance;
    const steps = body({ env, slots, instance });
    let pending: Promise<void> | undefined;
    return {
      get pending() {
        return pending;
      },
      block: undefined,
      outOfFuel: undefined,
      run() {
        const next = steps ? steps.next() : { done: true as const, value: undefined };
        if (next.done) return 'done';
        if (typeof next.value === 'string') return next.value as 'slice';
        pending = next.value;
        return 'await';
      },
      frames: () => [],
      cancel() {},
      runsIn: () => false,
    };
  }
}

export interface FakeOptions {
  readonly mode?: RunningMode;
  readonly unavailable?: string;
  readonly onDispose?: () => void;
}

export function fakeEngine(program: FakeProgram = {}, options: FakeOptions = {}): Engine {
  return {
    mode: options.mode ?? 'interp',
    unavailable: () => options.unavailable,
    missingFeatures: () => [],
    compile: (module) => ({
      instantiate(instance) {
        initialize(instance, (owner, index) => {
          const name = module.exports.find((one) => one.kind === 'func' && one.index === index)?.name ?? String(index);
          const imported = module.imports.filter((one) => one.description.kind === 'func').length;
          const type = owner.types[module.functions[index - imported]!.typeIndex]!;
          const body = program[name] ?? program[String(index)];
          return new FakeFunction(type, name, owner, body ?? trap);
        });
      },
      dispose: () => options.onDispose?.(),
    }),
  };
}

function trap(): void {
  throw new Trap('unreachable');
}
