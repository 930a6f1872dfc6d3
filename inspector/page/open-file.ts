// Files that come into the page: a module to look at, or files for the guest. Refuses what is too large before it is read; what is no module is refused by the
// worker that decodes it.
import { batch } from '@preact/signals';
import { type InputFile, MOST_MODULE_BYTES, type Refusal } from '../messages.js';
import { bytes as bytesText } from './format.js';
import { moduleClient, textClient } from './module-client.js';
import type { Sample } from './samples.js';
import { endSession } from './session.js';
import * as state from './state.js';

/** Bytes of all files that a guest is given. */
const MOST_INPUT_BYTES = 64 << 20;

/** The name of the module that was opened last. */
let lastName = '';

export async function openModule(name: string, read: () => Promise<ArrayBuffer>, size: number): Promise<boolean> {
  endSession();
  moduleClient.end();
  textClient.end();
  batch(() => {
    state.file.value = state.refused.value = state.fault.value = undefined;
    state.opening.value = name;
  });
  const refuse = (refusal: Refusal): false => {
    if (state.opening.value === name)
      batch(() => {
        state.opening.value = undefined;
        state.refused.value = { name, refusal };
      });
    return false;
  };
  if (size > MOST_MODULE_BYTES) {
    const message = `It has ${bytesText(size)}, and the inspector reads up to ${bytesText(MOST_MODULE_BYTES)}.`;
    return refuse({
      title: 'This file is too large',
      message,
      advice: 'The command line runs larger ones.',
      at: undefined,
    });
  }
  try {
    const bytes = new Uint8Array(await read());
    const opened = await moduleClient.ask('open', { bytes });
    if ('refusal' in opened) return refuse(opened.refusal);
    if (state.opening.value !== name) return false;
    batch(() => {
      state.opening.value = undefined;
      state.file.value = { name, bytes, summary: opened.summary };
      const { isProgram, entries } = opened.summary;
      // A module that was built again is called as before.
      const isSame = lastName === name && entries.some(({ index }) => index === state.entry.value);
      if (!isSame) state.entry.value = isProgram ? -1 : (entries[0]?.index ?? -1);
      lastName = name;
    });
    return true;
  } catch (error) {
    return refuse({
      title: 'This file cannot be read',
      message: error instanceof Error ? error.message : String(error),
      advice: 'Was it moved or changed meanwhile? Choose it again.',
      at: undefined,
    });
  }
}

export function openFile(file: File): Promise<boolean> {
  if (file.name !== lastName) state.args.value = '';
  return openModule(file.name, () => file.arrayBuffer(), file.size);
}

/** Files that were dropped or chosen: a module opens, everything else is for the guest. */
export async function takeFiles(files: readonly File[]): Promise<void> {
  const module = files.find(({ name }) => /\.wasm$/i.test(name)) ?? (state.file.value ? undefined : files[0]);
  const others = files.filter((one) => one !== module);
  if (module) await openFile(module);
  if (others.length > 0) await addInput(others);
}

export async function addInput(files: readonly File[]): Promise<void> {
  const have = state.inputFiles.value.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (files.reduce((sum, { size }) => sum + size, have) > MOST_INPUT_BYTES) {
    state.fault.value = `Files: together at most ${bytesText(MOST_INPUT_BYTES)}.`;
    return;
  }
  const read = await Promise.all(
    files.map(
      async (file): Promise<InputFile> => ({
        name: file.webkitRelativePath || file.name,
        bytes: new Uint8Array(await file.arrayBuffer()),
      }),
    ),
  );
  const names = new Set(read.map(({ name }) => name));
  state.inputFiles.value = [...state.inputFiles.value.filter(({ name }) => !names.has(name)), ...read];
}

async function fetched(path: string): Promise<ArrayBuffer> {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path}: the server answers ${response.status}`);
  return response.arrayBuffer();
}

/** Opens a sample with the arguments, files and limits that make its point. */
export async function openSample(sample: Sample): Promise<boolean> {
  const { file, files = [], limits = {} } = sample;
  for (const [name, field] of Object.entries(state.limits)) field.value = limits[name] ?? state.initialLimit(name);
  batch(() => {
    state.args.value = sample.args;
    state.stdin.value = undefined;
    state.environment.value = '';
    state.mode.value = 'auto';
    state.pool.value = state.INITIAL_POOL;
    state.records.value = true;
    state.inputFiles.value = [];
  });
  state.tab.value = 'terminal';
  const opened = await openModule(file, () => fetched(`samples/${file}`), 0);
  if (!opened) return false;
  const bytes = await Promise.all(files.map((name) => fetched(`samples/data/${name}`)));
  state.inputFiles.value = files.map((name, i) => ({ name, bytes: new Uint8Array(bytes[i]!) }));
  return true;
}
