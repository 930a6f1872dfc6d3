// npm run test:wasi-threads: the official wasi-threads suite (WebAssembly/wasi-threads, test/testsuite). $WASI_THREADS_TESTSUITE names that folder
// or the checkout. Arguments: parts of test names. Exit code 1 when something differs, 2 for wrong use.
import { suiteCases, suiteFolder } from './suite.js';

const folder = suiteFolder();
if (folder === undefined) {
  console.error(
    'WASI_THREADS_TESTSUITE is not set: git clone https://github.com/WebAssembly/wasi-threads, and point it to its test/testsuite',
  );
  process.exitCode = 2;
} else {
  const parts = process.argv.slice(2);
  const cases = suiteCases(folder).filter(({ name }) => parts.every((part) => name.includes(part)));
  let failed = 0;
  for (const one of cases) {
    for (const [way, run] of Object.entries(one.ways)) {
      const difference = await run();
      if (difference === undefined) continue;
      failed++;
      console.error(`${one.name}, ${way}: ${difference}`);
    }
  }
  console.log(`${cases.length} programs: ${failed === 0 ? 'all as they should be' : `${failed} differences`}`);
  process.exitCode = cases.length === 0 ? 2 : failed > 0 ? 1 : 0;
}
