// What the fields say as a run, and its start. Refuses fields that cannot be read, with a text beside the button.

import { FIELDS, LIMIT_FIELDS } from './limit-fields.js';
import { type RunRequest, start } from './session.js';
import * as state from './state.js';
import { amount, FieldError, splitWords, variables } from './words.js';

const MIB = 1 << 20;

export function canBegin(): boolean {
  return state.file.value !== undefined && !state.runs.value;
}

export async function begin(): Promise<void> {
  let request: RunRequest;
  try {
    request = requestOf();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    state.fault.value = error.message;
    return;
  }
  state.fault.value = undefined;
  // On a narrow page the results lie below the fields.
  if (matchMedia('(max-width: 860px)').matches) {
    requestAnimationFrame(() => document.getElementById('results')?.scrollIntoView());
  }
  await start(request);
}

/** @throws FieldError */
function requestOf(): RunRequest {
  const { name, bytes, summary } = state.file.value!;
  const limits = Object.fromEntries(
    LIMIT_FIELDS.map((field) => {
      const { label, scale } = FIELDS[field];
      return [field, amount(state.limits[field].value ?? '', label, scale)];
    }),
  );
  const pool = amount(state.pool.value, 'Pool', MIB);
  return {
    name,
    bytes,
    entry: state.entry.value < 0 ? undefined : state.entry.value,
    args: named('Arguments', () => splitWords(state.args.value)),
    environment: named('Environment', () => variables(state.environment.value)),
    stdin: state.stdin.value ?? (state.isolated || !summary.isWasi ? undefined : ''),
    files: state.inputFiles.value,
    mode: state.mode.value,
    limits,
    records: state.records.value,
    poolBytes: pool === undefined || pool === 0 ? undefined : pool,
  };
}
function named<T>(label: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FieldError ? new FieldError(`${label}: ${error.message}`) : error;
  }
}
