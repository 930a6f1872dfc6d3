// `node --import enclasm/register app.mjs`: the program's `WebAssembly` is this package's from its first line on. Options stand in the environment
// variable ENCLASM_WEBASSEMBLY, as the command line has them: "--mode=jit --timeout=2s --memory=64M --usage". A wrong one ends the process.
import { UsageError } from '../entry/tables.js';
import { enclasmOf, installWebAssembly } from '../entry/webassembly.js';
import { CliError } from './cli-error.js';
import { registerOptions, VARIABLE } from './register-options.js';
import { reportText } from './report.js';

try {
  const { options, usage } = registerOptions(process.env[VARIABLE] ?? '');
  installWebAssembly(options);
  if (usage) reportAtExit();
} catch (error) {
  if (!(error instanceof CliError || error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

/** What all of the program's WebAssembly has used, on standard error. */
function reportAtExit(): void {
  const control = enclasmOf((globalThis as unknown as { WebAssembly: object }).WebAssembly);
  process.on('exit', () => process.stderr.write(reportText(control, control.usage)));
}
