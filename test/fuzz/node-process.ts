// The newest Node as a judge, in a child process that is started again when a module hangs or kills it.
// Refuses nothing: a request without an answer is answered with why.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Plan } from './plan.js';
import type { Extent, Transcript } from './transcript.js';

/** Requests and answers travel as JSON: the two versions of Node need not understand each other's serialization. */
export interface Request {
  /** The module as it is, for its validity; base64. */
  readonly raw: string;
  readonly run:
    | {
        readonly bytes: string;
        readonly plan: Omit<Plan, 'provider' | 'driver'> & { readonly provider: string; readonly driver: string };
        readonly extent: Extent;
      }
    | undefined;
}

export interface Answer {
  /** "valid", or why not. */
  readonly validity: string;
  readonly transcript: Transcript | undefined;
}

/** A request that has no answer: why. */
export interface NoAnswer {
  readonly lost: string;
}

const TIMEOUT_MS = 10_000;
const CHILD = fileURLToPath(new URL('./node-child.js', import.meta.url));

export function encodeRequest(raw: Uint8Array, run?: { bytes: Uint8Array; plan: Plan; extent: Extent }): Request {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  if (run === undefined) return { raw: text(raw), run: undefined };
  const { plan, bytes, extent } = run;
  return {
    raw: text(raw),
    run: { bytes: text(bytes), plan: { ...plan, provider: text(plan.provider), driver: text(plan.driver) }, extent },
  };
}

export class NodeProcess {
  readonly #binary: string;
  #child: ChildProcess | undefined;

  /** @param binary path of a Node */
  constructor(binary: string) {
    this.#binary = binary;
  }

  /** Answers in the order of the requests. */
  async ask(requests: readonly Request[]): Promise<(Answer | NoAnswer)[]> {
    const answers: (Answer | NoAnswer)[] = [];
    while (answers.length < requests.length) {
      const lost = await this.#send(requests.slice(answers.length), answers);
      if (lost !== undefined) answers.push({ lost });
    }
    return answers;
  }

  dispose(): void {
    this.#child?.removeAllListeners();
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** Sends, and collects answers until all are there (undefined) or one stays away (why). */
  #send(requests: readonly Request[], answers: (Answer | NoAnswer)[]): Promise<string | undefined> {
    this.#child ??= this.#start();
    const child = this.#child;
    return new Promise((resolve) => {
      let missing = requests.length;
      const end = (lost: string | undefined): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (lost !== undefined) this.dispose();
        resolve(lost);
      };
      const late = (): void => {
        end('no answer in time');
        child.kill('SIGKILL');
      };
      let timer = setTimeout(late, TIMEOUT_MS);
      child.on('message', (answer: Answer) => {
        answers.push(answer);
        clearTimeout(timer);
        timer = setTimeout(late, TIMEOUT_MS);
        if (--missing === 0) end(undefined);
      });
      child.once('exit', (code, signal) => {
        this.#child = undefined;
        end(`the process ended (${signal ?? code})`);
      });
      child.send(requests as Request[]);
    });
  }

  #start(): ChildProcess {
    return fork(CHILD, [], {
      execPath: this.#binary,
      // So that a call as deep as ours may be does not end in the host's stack overflow first.
      execArgv: ['--stack-size=3900'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }
}
