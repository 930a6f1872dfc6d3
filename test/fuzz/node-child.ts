// The process in which the newest Node runs modules: takes requests from its parent, answers each, dies with its parent.
// Refuses nothing; a module that hangs or kills it is the parent's business.
import { TRAPS } from '../spec/targets/v8.js';
import type { Answer, Request } from './node-process.js';
import { NodeGuest } from './targets/node.js';
import { play } from './transcript.js';

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function validityOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    new WebAssembly.Module(bytes);
    return 'valid';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function answer({ raw, run }: Request): Answer {
  const validity = validityOf(bytesOf(raw));
  if (run === undefined || validity !== 'valid') return { validity, transcript: undefined };
  const plan = { ...run.plan, provider: bytesOf(run.plan.provider), driver: bytesOf(run.plan.driver) };
  return { validity, transcript: play(new NodeGuest(TRAPS), bytesOf(run.bytes), plan, run.extent) };
}

process.on('message', (requests: Request[]) => {
  for (const request of requests) process.send!(answer(request));
});
process.on('disconnect', () => process.exit(0));
