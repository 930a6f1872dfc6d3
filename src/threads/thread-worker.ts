// What a worker does for one guest: it makes instances of its module and runs calls in them, one job after the other, until the server lets it go. What it
// does not have itself (natives, growth, budgets, threads) it asks the server for. Refuses nothing: the server has checked what it gets.
import { SystemAllocator } from '../alloc/system.js';
import { decodeUtf8 } from '../base/utf8.js';
import { decode } from '../binary/decode.js';
import { labelModule } from '../binary/name-section.js';
import type { Platform } from '../platform/platform.js';
import { WAIT_WOKEN, waitShared } from '../runtime/atomics.js';
import { Budget } from '../runtime/budget.js';
import type { CompiledModule, Engine } from '../runtime/engine.js';
import { ExecEnv } from '../runtime/exec-env.js';
import { type FunctionInstance, NativeFunctionInstance } from '../runtime/function.js';
import { GlobalInstance } from '../runtime/global.js';
import { type ExternInstance, Instance } from '../runtime/instance.js';
import { instantiate } from '../runtime/instantiate.js';
import { OF_ITS_OWN } from '../runtime/link.js';
import type { MemoryInstance, MemoryPort } from '../runtime/memory.js';
import { MemoryAccount } from '../runtime/memory-account.js';
import type { FuelSource } from '../runtime/meter.js';
import { paced } from '../runtime/pace.js';
import { chargeParts } from '../runtime/parts-charge.js';
import { Slots } from '../runtime/slots.js';
import { Store } from '../runtime/store.js';
import { writeSlot } from '../runtime/value.js';
import { validate } from '../validate/validate.js';
import { EnclasmError, LimitError } from '../wasm/errors.js';
import type { Import, ValidatedModule } from '../wasm/module.js';
import { type DefinedType, resolveType } from '../wasm/subtyping.js';
import type { FuncType, GlobalType } from '../wasm/types.js';
import { IN_TEXT, type PlannedCall, type WorkerSetup } from './cluster-setup.js';
import { ControlBlock, FAILED } from './control-block.js';
import { encodeError } from './error-text.js';
import { slotsFor } from './guest-thread.js';
import { CALLS, ENDS, IDLE, Mailbox, PARKED, type RequestKind, RUNS, STARVES } from './mailbox.js';
import { calledBy, setGlobals, typeOf } from './plans.js';
import { RemoteBudget, SharedFuel } from './shared-budget.js';

/** What a worker has of its own. */
export interface WorkerParts {
  readonly platform: Platform;
  /** Of the guest's mode. */
  readonly engine: Engine;
  /** Wakes the event loop of the thread that serves. */
  post(): void;
}

const NANOSECONDS_PER_MS = 1e6;

/** What unwinds the guest where its threads end. Nobody sees it, so it has no frames: to find those takes a thread most of the time that ending takes. */
class ThreadEnd extends EnclasmError {
  override readonly name = 'ThreadEnd';
  readonly kind = 'end';
}
const END_TEXT = 'all threads end';

/** Serves one cluster, until it lets the worker go. */
export function serveCluster(setup: WorkerSetup, parts: WorkerParts): void {
  new ThreadWorker(setup, parts).serve();
}

class ThreadWorker {
  readonly #setup: WorkerSetup;
  readonly #parts: WorkerParts;
  readonly #control: ControlBlock;
  readonly #box: Mailbox;
  readonly #store: Store;
  readonly #module: ValidatedModule;
  readonly #types: readonly DefinedType[];
  readonly #compiled: CompiledModule;
  readonly #memories: readonly MemoryInstance[];
  /** Ends calls in this worker when the cluster ends or this thread is cancelled; where no fuel is counted, it also lets them stand still. */
  readonly #signal: { readonly aborted: boolean };
  /** Of the first thread, which calls from outside run in. */
  #first: Instance | undefined;
  /** Of the thread of its own that it runs, or ran last. */
  #own: Instance | undefined;
  #instance: Instance | undefined;
  readonly #end = new ThreadEnd(END_TEXT);
  /** What unwinds the guest ends the job alone. */
  #leaves = false;

  constructor(setup: WorkerSetup, parts: WorkerParts) {
    this.#setup = setup;
    this.#parts = parts;
    this.#control = new ControlBlock(setup.control);
    this.#box = new Mailbox(setup.box);
    const store = new Store(new SystemAllocator({}), parts.platform, new Budget(Number.POSITIVE_INFINITY));
    this.#store = store;
    const features = new Set(setup.features);
    this.#module = validate(decode(setup.bytes, { features }), { features });
    labelModule(this.#module, setup.name);
    this.#types = store.types.addModuleTypes(this.#module, () => {});
    const { engine } = parts;
    this.#compiled = engine.compile(this.#module, store, setup.code);
    this.#memories = setup.memories.map(({ data, maxPages }, index) => {
      const account = new MemoryAccount(store.allocator, store.budget);
      return engine.threads!.attachMemory(
        data,
        this.#module.spaces.memories[index]!,
        maxPages,
        account,
        this.#port(index),
      );
    });
    const worker = this;
    this.#signal = {
      get aborted(): boolean {
        if (!worker.#isOver && !setup.metered) worker.#stand();
        if (worker.#isOver) throw worker.#over();
        return false;
      },
    };
    if (setup.metered) store.meter.shareFuel(this.#fuel());
  }

  serve(): void {
    for (;;) {
      const box = this.#box;
      // Where all end, the others need the processors.
      const kind = box.await(!this.#control.stopped);
      const [first, second] = [box.replyArgument(0), box.replyArgument(1)];
      switch (kind) {
        case 'begin':
          this.#job(() => void (this.#first = this.#make().instance));
          break;
        case 'call':
          this.#job(() => this.#call(this.#first!, this.#first!.functions[first]!, second));
          break;
        case 'thread':
          this.#job(() => this.#thread(first));
          break;
        case 'next':
          this.#job(() => this.#next());
          break;
        case 'release':
          this.#endOwn();
          this.#first?.disposeFrom(0);
          this.#compiled.dispose();
          return;
        default:
      }
    }
  }

  // ---- jobs ----

  #job(action: () => void): void {
    const { meter } = this.#store;
    let how: RequestKind = 'done';
    meter.begin({ signal: this.#signal, callDepth: this.#setup.limits.callDepth });
    try {
      this.#checkpoint();
      this.#renewMemories();
      action();
    } catch (error) {
      how = this.#failed(error, false);
    }
    meter.returnFuel();
    this.#tell(how, IDLE);
  }
  /** @returns what the server is told of a call that has failed */
  #failed(error: unknown, isInner: boolean): RequestKind {
    const hasLeft = this.#leaves;
    this.#leaves = false;
    if (hasLeft) return 'left';
    if (error === this.#end) return 'stopped';
    this.#box.putText(encodeError(error, this.#instance?.tags ?? []));
    const isEnded = this.#control.stopped || this.#box.cancelled;
    // What ends a thread is the outcome of all, where it is the first that does. The native that made an inner call may go on.
    if (isInner) return isEnded ? 'stopped' : 'failed';
    return !isEnded && this.#control.stop(FAILED) ? 'failed' : 'stopped';
  }
  #tell(kind: RequestKind, state: number, argument = 0): void {
    this.#box.state = state;
    this.#box.request(kind, argument);
    this.#ring();
  }
  #ring(): void {
    if (this.#control.ring()) this.#parts.post();
  }
  #call(instance: Instance, func: FunctionInstance, stackSize: number): void {
    const { params, results } = func.signature;
    const { slots } = this.#store;
    this.#box.getValues(slots, params.length);
    this.#instance = instance;
    const env = new ExecEnv(this.#store, instance, stackSize);
    func.invoke(env, slots);
    this.#box.putValues(slots, results.length);
  }
  /** A thread of its own has an instance of its own, whose start function runs first. */
  #thread(index: number): void {
    this.#endOwn();
    const isKept = index === IN_TEXT;
    const { target, globals } = isKept ? this.#planned() : { target: { func: index }, globals: [] };
    const { params, results } = typeOf(this.#module, target);
    const slots = slotsFor({ params, results });
    // The making of the instance may overwrite the arguments in the mailbox.
    this.#box.getValues(slots, params.length);
    const { instance, start } = this.#make();
    this.#own = instance;
    try {
      setGlobals(instance, globals);
      const func = calledBy(instance, target);
      if (start !== undefined) this.#call(instance, instance.functions[start]!, instance.stackSize);
      this.#box.putValues(slots, params.length);
      this.#call(instance, func, instance.stackSize);
    } finally {
      if (!isKept) this.#endOwn();
    }
  }
  /** Another call of that thread. */
  #next(): void {
    const instance = this.#own!;
    this.#call(instance, calledBy(instance, this.#planned().target), instance.stackSize);
  }
  #planned(): PlannedCall {
    return JSON.parse(decodeUtf8(this.#box.getText())!) as PlannedCall;
  }
  #endOwn(): void {
    const own = this.#own;
    this.#own = undefined;
    own?.disposeFrom(0);
    own?.budget.end();
  }
  /** A call that the native makes in which this thread is. */
  #inner(index: number, stackSize: number): void {
    const { meter } = this.#store;
    const instance = this.#instance!;
    const func = instance.functions[index]!;
    const { params, results } = func.signature;
    const slots = slotsFor(func.signature);
    this.#box.getValues(slots, params.length);
    let how: RequestKind = 'done';
    try {
      this.#checkpoint();
      this.#renewMemories();
      func.invoke(new ExecEnv(this.#store, instance, stackSize), slots);
      this.#box.putValues(slots, results.length);
    } catch (error) {
      how = this.#failed(error, true);
    }
    meter.returnFuel();
    this.#instance = instance;
    this.#tell(how, CALLS);
  }

  // ---- what the server is asked for ----

  /** @returns the first argument of the answer */
  #ask(kind: RequestKind, argument: number): number {
    this.#tell(kind, CALLS, argument);
    for (;;) {
      const box = this.#box;
      switch (box.await(true)) {
        case 'values':
          box.state = RUNS;
          return box.replyArgument(0);
        case 'stop':
          throw this.#over();
        case 'leave':
          this.#leaves = true;
          throw this.#over();
        case 'call':
          this.#inner(box.replyArgument(0), box.replyArgument(1));
          break;
        default:
      }
    }
  }
  #native(index: number, { params, results }: FuncType, slots: Slots): void {
    this.#store.meter.returnFuel();
    this.#box.putValues(slots, params.length);
    this.#ask('call', index);
    this.#box.getValues(slots, results.length);
    this.#renewMemories();
    this.#checkpoint();
  }
  /** What this thread has waited for may have told it of a place that is new. */
  #renewMemories(): void {
    for (const memory of this.#memories) memory.renew();
  }
  #budget(kind: number): RemoteBudget {
    return new RemoteBudget(this.#setup.budgets[kind]!, kind, (amount) => {
      this.#box.number = amount;
      return this.#ask('take', kind) === 1 ? undefined : this.#box.number;
    });
  }
  #port(index: number): MemoryPort {
    return {
      wait: (memory, at, wide, expected, timeout) => this.#wait(index, memory, at, wide, expected, timeout),
      notify: ({ views }, at, count) => {
        const woken = Atomics.notify(views.i32, at / 4, count);
        this.#control.countNotified(woken);
        return woken;
      },
      grow: (delta) => {
        this.#box.number = delta;
        this.#ask('grow', index);
        return this.#box.number;
      },
    };
  }
  #wait(index: number, memory: MemoryInstance, at: number, wide: boolean, expected: bigint, timeout: bigint): number {
    if (timeout === 0n) return waitShared(memory, at, wide, expected, 0);
    const box = this.#box;
    this.#store.meter.returnFuel();
    const ms = timeout < 0n ? Number.POSITIVE_INFINITY : Number(timeout) / NANOSECONDS_PER_MS;
    box.waitAt(index, at, wide, expected, timeout < 0n);
    if (this.#control.frozen) this.#ring();
    const result = this.#isOver ? WAIT_WOKEN : waitShared(memory, at, wide, expected, ms);
    if (this.#isOver) throw this.#over();
    box.state = RUNS;
    if (result === WAIT_WOKEN) this.#control.countWoken();
    this.#checkpoint();
    memory.renew();
    return result;
  }

  // ---- standing still and ending ----

  get #isOver(): boolean {
    return this.#control.stopped || this.#box.cancelled;
  }
  /** What unwinds the guest, which no guest catches. Of a deadlock it tells where the thread was. */
  #over(): EnclasmError {
    this.#box.state = ENDS;
    return this.#control.deadlocked ? new LimitError('signal', 0, END_TEXT) : this.#end;
  }
  /** Stands still as long as the cluster does. @throws what unwinds the guest, once that is over for good */
  #checkpoint(): void {
    if (!this.#isOver) this.#stand();
    if (this.#isOver) throw this.#over();
  }
  #stand(): void {
    if (!this.#control.frozen) return;
    const { state } = this.#box;
    this.#box.state = PARKED;
    this.#ring();
    this.#control.park(() => this.#isOver);
    this.#box.state = state;
  }
  #fuel(): FuelSource {
    const shared = new SharedFuel(this.#control, (seen) => {
      this.#box.state = STARVES;
      if (this.#control.frozen) this.#ring();
      if (!this.#isOver) this.#control.awaitFuel(seen);
      this.#box.state = RUNS;
      this.#checkpoint();
    });
    return {
      take: (least) => {
        this.#checkpoint();
        return shared.take(least);
      },
      giveBack: (units) => shared.giveBack(units),
    };
  }

  // ---- instances ----

  #make(): { readonly instance: Instance; readonly start: number | undefined } {
    const { name, mode, modeReason, limits, metered, countsStack, stackSize } = this.#setup;
    const module = this.#module;
    const budget = this.#budget(0);
    const tableBudget = this.#budget(1);
    const instance = new Instance({
      ...{ store: this.#store, module, types: this.#types, name, limits, budget, tableBudget },
      ...{ metered, interruptible: true, deterministic: false, countsStack, stackSize, mode, modeReason },
    });
    instance.sharedMemories = this.#memories;
    this.#instance = instance;
    let start: number | undefined;
    try {
      instance.disposers.push(chargeParts(module, budget));
      instantiate(instance, this.#compiled, {
        resolve: this.#imports(instance),
        step: paced(() => this.#store.meter.checkpoint()),
        linked() {},
        underLimits: (work) => work(),
        filled() {},
        call: () => {
          start = module.start;
        },
      });
    } catch (error) {
      instance.disposeFrom(0);
      throw error;
    }
    return { instance, start };
  }
  #imports({ types }: Instance): (wanted: Import) => ExternInstance | typeof OF_ITS_OWN {
    const next = { func: 0, memory: 0, global: 0, table: 0, tag: 0 };
    return ({ module, name, description }) => {
      const index = next[description.kind]++;
      switch (description.kind) {
        case 'func': {
          const type = types[description.typeIndex]!;
          const signature = type.composite as FuncType;
          const code = (_env: ExecEnv, slots: Slots): void => this.#native(index, signature, slots);
          return new NativeFunctionInstance(type, `${module}.${name}`, code);
        }
        case 'memory':
          return this.#memories[index]!;
        case 'global':
          return this.#global(index, description.type, types);
        default:
          return OF_ITS_OWN;
      }
    };
  }
  #global(index: number, { type, mutable }: GlobalType, types: readonly DefinedType[]): GlobalInstance {
    const global = new GlobalInstance({ type: resolveType(type, types), mutable });
    const slots = new Slots(1);
    writeSlot(slots, 0, type, this.#setup.globals[index]);
    global.fromSlot(slots, 0);
    return global;
  }
}
