// Convention `stdio`: what the program writes is the answer's body as it is. Refuses nothing.
import type { AnswerSink } from './exchange.js';
import type { OutputReader } from './program.js';

const HEAD = { status: 200, headers: { 'content-type': 'application/octet-stream' } } as const;

export function plainOutput(answer: AnswerSink): OutputReader {
  let hasBegun = false;
  const begin = (): void => {
    if (!hasBegun) answer.begin(HEAD);
    hasBegun = true;
  };
  return {
    write(bytes) {
      begin();
      return answer.write(bytes);
    },
    end: begin,
  };
}
