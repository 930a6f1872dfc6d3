// Asks the worker that reads modules. A question about a module that takes too long ends with it when another file is opened.
import type { ModuleAnswers, ModuleAsks } from '../messages.js';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

class ModuleClient {
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
  /** Ends the worker: questions that it did not answer are rejected. */
  end(why = 'another file was opened'): void {
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

export const moduleClient = new ModuleClient();
