// memory.atomic.wait in slices with a checkpoint between them, because nothing can end a wait of native WebAssembly.
import type { Code } from './code-writer.js';

/** The longest uninterrupted sleep of memory.atomic.wait, in nanoseconds. */
const WAIT_SLICE = 10_000_000;

/**
 * Writes the body of a function (address, expected, timeout) -> result that waits at an offset; its first local is free.
 * @param checkpoint writes a checkpoint
 */
export function writeWait(code: Code, memory: number, wide: boolean, offset: number, checkpoint: () => void): void {
  const timeout = 2;
  const result = 3;
  const slice = (): void => {
    code.integer(true, WAIT_SLICE);
  };
  const shorter = (): void => {
    code.getLocal(timeout);
    slice();
    code.op('i64.lt_u');
  };
  code.openEmpty('loop');
  code.getLocal(0);
  code.getLocal(1);
  // A negative timeout means no timeout, and is large as an unsigned number.
  code.getLocal(timeout);
  slice();
  shorter();
  code.op('select');
  code.op(wide ? 'memory.atomic.wait64' : 'memory.atomic.wait32');
  const align = wide ? 3 : 2;
  code.u32(memory === 0 ? align : align | 0x40);
  if (memory !== 0) code.u32(memory);
  code.u32(offset);
  code.setLocal(result);
  checkpoint();
  code.getLocal(result);
  code.i32(2);
  code.op('i32.eq');
  code.op('i32.eqz');
  shorter();
  code.op('i32.or');
  code.if();
  code.getLocal(result);
  code.op('return');
  code.end();
  code.getLocal(timeout);
  code.integer(true, 0);
  code.op('i64.ge_s');
  code.if();
  code.getLocal(timeout);
  slice();
  code.op('i64.sub');
  code.setLocal(timeout);
  code.end();
  code.br(0);
  code.end();
  code.op('unreachable');
}
