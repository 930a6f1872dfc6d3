// A guest that starts threads and waits for each, as often as it is told: what must stay flat. Refuses nothing: who calls judges the figures.
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { assemble } from '../helpers/wat.js';
import { threaded } from './guest-text.js';

const GUEST = threaded(`
  (func (export "wasi_thread_start") (param i32 i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func (export "cycle") (result i32)
    (i32.store (i32.const 0) (i32.const 0))
    (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then (return (i32.const -1))))
    (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))`);

/** @param threads in turn, or in workers */
export function spawningGuest(threads: 'cooperative' | 'parallel'): {
  readonly runtime: Runtime;
  readonly guest: WasmInstance;
} {
  const runtime = Runtime.init(
    { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 4 << 20 } } },
    { platform: nodePlatform(), libraries: ALL_LIBRARIES, engines: defaultEngines() },
  );
  return { runtime, guest: runtime.instantiate(runtime.load(assemble(GUEST)), { threads, wasi: {} }) };
}
/** @throws Error where no thread was started */
export function spawnAndJoin(guest: WasmInstance): void {
  const [result] = guest.lookupFunction('cycle')!.call();
  // 1: the thread was quicker than the wait.
  if (result !== 0 && result !== 1) throw new Error(`no thread was started, or nobody waited for it: ${result}`);
}
