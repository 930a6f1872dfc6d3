// What the user wants to see of a guest in this process: one observer, and the files that are made of it when the guest has ended. Refuses files that
// cannot be written, with a CliError.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  CoverageRecorder,
  callLine,
  combineObservers,
  type Observer,
  type ProfileFormat,
  Profiler,
  type SourceMapReader,
} from '../entry/debug.js';
import { CliError } from './cli-error.js';
import type { Io } from './io.js';
import type { RunRequest } from './request.js';

/** An observer, and what is done with what it saw. */
export interface Observing {
  readonly observer: Observer;
  /** Writes the files. @throws CliError */
  finish(): void;
}

export function observing({ observe, program, file }: RunRequest, io: Io): Observing {
  const observers: Observer[] = [];
  const files: (() => void)[] = [];
  if (observe.calls) observers.push({ hostCall: (call) => io.err(`${program}: ${callLine(call)}\n`) });
  if (observe.profile !== undefined) {
    const path = observe.profile;
    const profiler = new Profiler(observe.profileBy, mapsBeside(file));
    observers.push(profiler.observer);
    files.push(() => write(path, profiler.text(observe.profileFormat ?? formatOf(path), file)));
  }
  if (observe.coverage !== undefined) {
    const path = observe.coverage;
    const coverage = new CoverageRecorder(mapsBeside(file));
    observers.push(coverage.observer);
    files.push(() => {
      const text = coverage.lcov();
      if (text === '') {
        io.err(
          `${program}: ${file}: says nothing of its source, so ${path} is empty; compile it with -g, or with a source map\n`,
        );
      }
      write(path, text);
    });
  }
  const finish = (): void => {
    for (const one of files) one();
  };
  return { observer: combineObservers(...observers), finish };
}

/** `x.firefox.json` is for the Firefox profiler. */
function formatOf(path: string): ProfileFormat {
  return /\bfirefox\b[^/]*$/.test(path) ? 'firefox' : 'speedscope';
}

/** Source maps lie beside the module; a module may not name other places. */
export function mapsBeside(file: string): SourceMapReader {
  return (url) => {
    const name = /^(?:.*\/)?([\w.-]+)$/.exec(url)?.[1];
    if (name === undefined || name.startsWith('.')) return undefined;
    try {
      return readFileSync(join(dirname(file), name), 'utf8');
    } catch {
      return undefined;
    }
  };
}

/** @throws CliError */
export function write(path: string, contents: string | Uint8Array): void {
  try {
    writeFileSync(path, contents);
  } catch (error) {
    throw new CliError(`${path}: cannot be written: ${(error as Error).message}`, undefined, { cause: error });
  }
}
