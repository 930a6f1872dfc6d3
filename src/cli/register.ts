// `node --import enclasm/register app.mjs`: the program's `WebAssembly` is this package's from its first line on. Options stand in the environment
// variable ENCLASM_WEBASSEMBLY, as the command line has them: "--mode=jit --timeout=2s --memory=64M --usage". A wrong one ends the process.
import { UsageError } from '../entry/tables.js';
import { enclasmOf, installWebAssembly, type NamespaceControl } from '../entry/webassembly.js';
import { CliError } from './cli-error.js';
import { registerOptions, VARIABLE } from './register-options.js';
import { reportText } from './report.js';

const control = register();

function register(): NamespaceControl {
  try {
    const { options, usage } = registerOptions(process.env[VARIABLE] ?? '');
    installWebAssembly(options);
    const installed = enclasmOf((globalThis as unknown as { WebAssembly: object }).WebAssembly);
    if (usage) reportAtExit(installed);
    return installed;
  } catch (error) {
    if (!(error instanceof CliError || error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** What all of the program's WebAssembly has used, on standard error. */
function reportAtExit(installed: NamespaceControl): void {
  process.on('exit', () => process.stderr.write(reportText(installed, installed.usage)));
}

/** Whether a guest had memory so far: a program without such a guest needs little of this package. */
export function wasUsed(): boolean {
  return control.usage.peakMemoryBytes > 0;
}
