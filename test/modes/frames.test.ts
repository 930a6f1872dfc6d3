// Where a trap came about: each frame has its function, its module and a place in it. Modes host and interp know the instruction, jit and
// aot the function.
import { expect } from 'vitest';
import type { Frame, Trap } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { assemble } from '../helpers/wat.js';
import { type ModeWorld, modeCases } from './mode-cases.js';

const INNER = assemble('(module $named (func $inner (export "inner") (param i32) nop nop unreachable))');
const OUTER = assemble(`(module (import "lib" "inner" (func $f (param i32)))
  (func $outer (export "outer") nop (call $f (i32.const 1)) nop))`);
/** Where the bodies' instructions begin in the files. */
const INNER_CODE = Buffer.from(INNER).indexOf(Buffer.of(0x01, 0x01, 0x00, 0x0b));
const OUTER_CODE = Buffer.from(OUTER).indexOf(Buffer.of(0x01, 0x41, 0x01, 0x10, 0x00, 0x01, 0x0b));

function framesOf(world: ModeWorld, innerName: string | undefined): readonly Frame[] {
  const { runtime, mode } = world;
  const inner = runtime.instantiate(runtime.load(INNER, { name: innerName }), { mode });
  const outer = runtime.instantiate(runtime.load(OUTER, { name: 'the outer' }), { mode, imports: { lib: inner } });
  const { frames } = failure(() => outer.lookupFunction('outer')!.call()) as Trap;
  outer.deinstantiate();
  inner.deinstantiate();
  return frames;
}

modeCases('frames', [
  {
    name: 'name their module, by its label or its name section, and a place in its file',
    failsIn: { tiered: 'where a call goes from one engine to the other, the frames of the innermost are known' },
    run(world) {
      for (const label of ['the inner', undefined]) {
        const frames = framesOf(world, label);
        expect(frames).toMatchObject([
          { functionIndex: 0, functionName: 'inner', moduleName: label ?? 'named' },
          { functionIndex: 1, functionName: 'outer', moduleName: 'the outer' },
        ]);
        const knowsInstruction = world.mode === 'interp' || world.mode === 'host';
        // unreachable, and the call.
        const places = knowsInstruction ? [INNER_CODE + 2, OUTER_CODE + 3] : [INNER_CODE, OUTER_CODE];
        expect(frames.map(({ offset }) => offset)).toEqual(places);
      }
    },
  },
  {
    name: 'follow the label of a module when it changes',
    run({ runtime, mode }) {
      const module = runtime.load(INNER);
      const instance = runtime.instantiate(module, { mode });
      module.name = 'later';
      expect((failure(() => instance.lookupFunction('inner')!.call(1)) as Trap).frames[0]!.moduleName).toBe('later');
    },
  },
]);
