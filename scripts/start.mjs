// `npm start`: makes the checkout ready, then runs the command line with the arguments; without any, or with
// --enclave alone, the main job (demo.ts).
import { setup } from './setup.mjs';

await setup();
const args = process.argv.slice(2);
// The command runs in this process, so that signals, standard input and the exit code are its own.
if (args.length === 0 || args[0].startsWith('--enclave')) await import('../build/scripts/demo.js');
else {
  const { default: command } = await import('../dist/bin/enclasm.cjs');
  process.exit(await command.start(args));
}
