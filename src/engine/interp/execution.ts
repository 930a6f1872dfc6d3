// An activation as those see it who resume it: what it waits for, where it is, how it ends. Refuses nothing.
import { atomicWait, isOfThisThread, WAIT_TIMED_OUT, WAIT_WOKEN } from '../../runtime/atomics.js';
import { Block } from '../../runtime/block.js';
import type { Execution, Turn } from '../../runtime/function.js';
import { type Frame, LimitError, noteFrames } from '../../wasm/errors.js';
import type { Activation } from './activation.js';
import * as OP from './op.gen.js';
import { waitOperands } from './ops/atomic.js';
import { setInt } from './ops/handler.js';
import { WORDS } from './ops.gen.js';
import { framesOf } from './unwinding.js';

const NANOSECONDS_PER_MS = 1e6;

/** @param run goes on with it @param cancel ends it */
export function executionOf(activation: Activation, run: Execution['run'], cancel: () => void): Execution {
  const frames = (): Frame[] => framesOf(activation);
  return {
    run,
    get pending() {
      return activation.pending;
    },
    get block() {
      return activation.block;
    },
    get outOfFuel() {
      const error = activation.outOfFuel;
      if (error) noteFrames(error, frames);
      return error;
    },
    frames,
    cancel,
    runsIn: (owner) => activation.I.instance === owner || activation.instances.some((one) => one.instance === owner),
  };
}

/** Whether a call that is resumed later may go on after this error. */
export const isOutOfFuel = (error: unknown): error is LimitError =>
  error instanceof LimitError && error.limit === 'fuel';

export function pauseForFuel(a: Activation, error: LimitError): 'fuel' {
  a.outOfFuel = error;
  return 'fuel';
}
/** Runs memory.atomic.wait where the memory holds the expected value: a thread of a scheduler is blocked, others sleep. */
export function waitForWord(a: Activation, turn: Turn | undefined): 'blocked' | undefined {
  // No code has the instruction.
  if (typeof ENCLASM_WITHOUT_THREADS !== 'undefined') return undefined;
  const { pc, fp } = a;
  const { memory, at, wide, expected, timeout } = waitOperands(a.I, pc, fp);
  if (turn && isOfThisThread(memory)) {
    const ms = timeout < 0n ? Number.POSITIVE_INFINITY : Number(timeout) / NANOSECONDS_PER_MS;
    a.block = new Block({ ms, memory, address: at });
    a.afterBlock = ({ wasNotified }) => {
      setInt(pc, 1, fp, wasNotified ? WAIT_WOKEN : WAIT_TIMED_OUT);
      a.pc = pc + WORDS[OP.atomic_wait]!;
    };
    return 'blocked';
  }
  setInt(pc, 1, fp, atomicWait(a.env.store, memory, at, wide, expected, timeout));
  a.pc = pc + WORDS[OP.atomic_wait]!;
  return undefined;
}
