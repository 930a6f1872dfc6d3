// An activation as those see it who resume it: what it waits for, where it is, how it ends. Refuses nothing.
import type { Execution } from '../../runtime/function.js';
import { type Frame, LimitError, noteFrames } from '../../wasm/errors.js';
import type { Activation } from './activation.js';
import { framesOf } from './unwinding.js';

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
