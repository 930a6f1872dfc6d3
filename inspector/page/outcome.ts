// How a run ended, in words: what happened, where, and what to do. By the kinds of errors, never by their texts. Refuses nothing.
import type { SourceFrame } from '#src/debug/source-frames.js';
import { EnclaveError, GuestException } from '#src/enclave/protocol/enclave-errors.js';
import { EnclasmError, type Frame, LimitError, Trap } from '#src/wasm/errors.js';
import type { LimitName } from '#src/wasm/limit-table.js';
import { count } from './format.js';
import { FIELDS, type LimitField } from './limit-fields.js';

export interface Outcome {
  readonly tone: 'good' | 'notice' | 'bad';
  readonly title: string;
  readonly detail?: string | undefined;
  readonly advice?: string | undefined;
  /** The id of the field that gives it more. */
  readonly field?: string;
  readonly frames?: readonly SourceFrame[];
  /** What ran it. */
  readonly mode?: string | undefined;
  readonly modeReason?: string | undefined;
  /** Whether the enclave was ended, and the guest's memory with it. */
  readonly lost?: boolean;
}

/** How a program ended by itself. @param refusedText what limits refused it */
export function exited(code: number, refusedText: string | undefined): Outcome {
  return {
    tone: code === 0 ? 'good' : 'notice',
    title: `Ended with exit code ${code}`,
    detail: refusedText && `On its way ${refusedText}`,
  };
}

export function returned(results: readonly string[]): Outcome {
  return { tone: 'good', title: results.length === 0 ? 'Returned' : `Returned ${results.join(', ')}` };
}

/** The frames of an error, as the engine knows them. */
export function framesOf(error: unknown): readonly Frame[] {
  return error instanceof Trap || error instanceof LimitError ? (error.frames ?? []) : [];
}

/** What an error does not say of the run that it ended. */
export interface Circumstances {
  /** The guest had begun, or the enclave has ended meanwhile. */
  readonly begun: boolean;
  /** What the guest was given; undefined: no limit. */
  readonly memoryBytes: number | undefined;
}

export function failed(error: unknown, { begun, memoryBytes }: Circumstances): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LimitError) return limited(error, memoryBytes);
  if (error instanceof EnclaveError) return enclaveEnded(error, begun);
  if (error instanceof Trap) return { tone: 'bad', title: 'Trap', detail: message };
  if (error instanceof GuestException) {
    return {
      tone: 'bad',
      title: 'Uncaught exception',
      detail: message || 'The guest threw, and nothing in it caught.',
    };
  }
  const known = KINDS[error instanceof EnclasmError ? error.kind : ''] ?? {
    title: 'The run failed',
    advice: undefined,
  };
  return { tone: 'bad', ...known, detail: message };
}

const KINDS: Readonly<Record<string, { readonly title: string; readonly advice: string | undefined }>> = {
  link: {
    title: 'Cannot be linked',
    advice: 'The inspector gives WASI and a small C library; other imports of functions trap when they are called.',
  },
  usage: { title: 'Cannot be run like this', advice: undefined },
  init: { title: 'No memory for the runtime', advice: 'Choose a smaller pool under Memory of the runtime.' },
  internal: { title: 'Internal error of Enclasm', advice: 'Please report it, with the module.' },
};

function limited({ limit, value, message, detail }: LimitError, memoryBytes = Number.POSITIVE_INFINITY): Outcome {
  if (limit === 'signal')
    return { tone: 'notice', title: 'Stopped', detail: 'You stopped it. Its memory is as it was then.' };
  const field = fieldOf(limit);
  if (!field) return { tone: 'bad', title: 'Stopped at a limit', detail: message };
  if (field === 'memoryBytes' && value < memoryBytes) {
    return {
      tone: 'bad',
      title: 'The EMS pool is too small',
      detail: detail ?? message,
      advice: 'Give it more, or none, under “Mode, environment, memory”.',
      field: 'pool',
    };
  }
  const { label, unit, scale } = FIELDS[field];
  return {
    tone: 'bad',
    title: `Stopped at its limit: ${label.toLowerCase()}, ${count(value / scale)} ${unit}`,
    detail,
    advice: `Give it more under Limits, ${label}.`,
    field: `limit-${field}`,
  };
}
function fieldOf(limit: LimitName): LimitField | undefined {
  return Object.hasOwn(FIELDS, limit) ? (limit as LimitField) : undefined;
}

function enclaveEnded({ failure, message }: EnclaveError, begun: boolean): Outcome {
  if (failure === 'aborted' && !begun) return { tone: 'notice', title: 'Stopped', detail: 'It had not begun.' };
  const lost = { lost: true } as const;
  switch (failure) {
    case 'aborted':
      return {
        ...lost,
        tone: 'notice',
        title: 'Stopped',
        detail: 'It did not look at the signal, so its worker was ended after two seconds.',
      };
    case 'closed':
      return { ...lost, tone: 'notice', title: 'Stopped at once', detail: 'Its worker was ended.' };
    case 'unavailable':
      return { ...lost, tone: 'bad', title: 'No enclave', detail: message };
    default:
      return { ...lost, tone: 'bad', title: 'The enclave has ended', detail: message };
  }
}
