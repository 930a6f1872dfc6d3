// The other process of race.test.ts: swaps names below a preopen between what belongs there and links that lead out, as fast as it can.
// Arguments: the preopened directory, the directory outside. Ends when its standard input does.
import { linkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

const [root, outside] = process.argv.slice(2);
const at = (...names) => join(root, ...names);

/** The guest works on the same names: a step that fails is made good by the next round. */
function attempt(step) {
  try {
    step();
  } catch {
    // Somebody was faster.
  }
}

/** A directory on the way becomes a link to the outside, and back. */
function swapDirectory() {
  attempt(() => renameSync(at('way', 'dir'), at('way', 'spare')));
  attempt(() => symlinkSync(outside, at('way', 'dir')));
  attempt(() => unlinkSync(at('way', 'dir')));
  attempt(() => renameSync(at('way', 'spare'), at('way', 'dir')));
}

/** A file becomes a link to a file outside, and back. */
function swapFile() {
  attempt(() => renameSync(at('way', 'file'), at('way', 'kept')));
  attempt(() => symlinkSync(join(outside, 'file'), at('way', 'file')));
  attempt(() => unlinkSync(at('way', 'file')));
  attempt(() => renameSync(at('way', 'kept'), at('way', 'file')));
}

/** A directory of the guest's is moved out, so that the kernel's `..` would be the outside, and back. */
function moveOut() {
  attempt(() => renameSync(at('way', 'deep'), join(outside, 'deep')));
  attempt(() => renameSync(join(outside, 'deep'), at('way', 'deep')));
}

/** A link inside turns to the outside without ever being absent. */
function turnLink() {
  attempt(() => symlinkSync(outside, at('way', 'new')));
  attempt(() => renameSync(at('way', 'new'), at('way', 'turning')));
  attempt(() => symlinkSync('dir', at('way', 'new')));
  attempt(() => renameSync(at('way', 'new'), at('way', 'turning')));
}

/** A name for a file outside, of the host's own making, must not come from us: only that it can be made and unmade. */
function hardLink() {
  attempt(() => linkSync(at('way', 'kept-inside'), at('way', 'second')));
  attempt(() => unlinkSync(at('way', 'second')));
}

let running = true;
process.stdin.on('end', () => {
  running = false;
});
process.stdin.resume();
process.stdout.write('ready\n');
while (running) {
  for (let i = 0; i < 50; i++) {
    for (const trick of [swapDirectory, swapFile, moveOut, turnLink, hardLink]) trick();
  }
  await new Promise((resolve) => setImmediate(resolve));
}
