// The worker that reads modules, so that the page never waits for one: decodes, validates, lists, prints. Answers one question after the other.
import type { ModuleAsks } from '../messages.js';
import { OpenModule, openModule } from './open-module.js';

let open: OpenModule | undefined;

type Ask = {
  [K in keyof ModuleAsks]: { readonly id: number; readonly ask: K; readonly args: ModuleAsks[K] };
}[keyof ModuleAsks];

function answer({ ask, args }: Ask): unknown {
  if (ask === 'open') {
    const opened = openModule(args.bytes);
    open = opened instanceof OpenModule ? opened : undefined;
    return opened instanceof OpenModule ? { summary: opened.summary } : { refusal: opened };
  }
  if (!open) throw new Error('no module is open');
  switch (ask) {
    case 'imports':
      return open.imports(args);
    case 'exports':
      return open.exports(args);
    case 'print':
      return open.print();
    case 'lines':
      return open.lines(args);
    case 'frames':
      return open.frames(args.frames);
    case 'exportName':
      return open.exportName(args.index);
  }
}

addEventListener('message', ({ data }: MessageEvent<Ask>) => {
  const { id } = data;
  try {
    postMessage({ id, answer: answer(data) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
