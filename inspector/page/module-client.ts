// Asks the worker that reads modules. A question about a module that takes too long ends with it when another file is opened.
import type { ModuleAnswers, ModuleAsks } from '../messages.js';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

class ModuleClient {
  #printed: Promise<number> | undefined;
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 0;

  ask<K extends keyof ModuleAsks>(ask: K, args: ModuleAsks[K]): Promise<ModuleAnswers[K]> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ask, args });
    });
  }
  /** Opens a module and writes it as text, once. @returns how many lines there are */
  print(bytes: Uint8Array): Promise<number> {
    this.#printed ??= this.ask('open', { bytes }).then(() => this.ask('print', {}));
    return this.#printed;
  }
  /** Ends the worker: questions that it did not answer are rejected. */
  end(why = 'another file was opened'): void {
    this.#printed = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Error(why));
  }
  #start(): Worker {
    const worker = new Worker(new URL('module.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data: { id, answer, error } }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer as never);
      else waiting?.reject(new Error(error));
    };
    worker.onerror = ({ message }) => this.end(message || 'the worker that reads modules cannot be started');
    return worker;
  }
}

/** Answers at once what runs need to know. */
export const moduleClient = new ModuleClient();
/** Writes modules as text, which takes long for large ones. It has no module until `open` was asked. */
export const textClient = new ModuleClient();
