// npm run check: what can be checked without running the runtime. All parts run before it fails, so that one run reports all faults.
import { spawnSync } from 'node:child_process';
import { checkDocumentLinks } from './document-links.js';
import { checkDocumentTables } from './document-tables.js';
import { checkInstructions } from './instructions.js';
import { checkLaws } from './laws.js';
import { checkLayers } from './layers.js';
import { checkLimitPlaces } from './limit-places.js';
import { checkModuleState } from './module-state.js';
import { checkPublicApi } from './public-api.js';
import { SIZE_REASONS } from './size-reasons.js';
import { checkSizes } from './sizes.js';

interface Check {
  readonly name: string;
  /** Returns the faults, one line each; none if all is well. */
  readonly run: () => readonly string[];
}

/** Makes a check of a Node program, whose output is the faults. */
function program(script: string, ...args: string[]): () => string[] {
  return () => {
    const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    if (status === 0) return [];
    return error ? [error.message] : `${stdout}${stderr}`.trim().split('\n');
  };
}

const CHECKS: readonly Check[] = [
  { name: 'layers', run: () => checkLayers('.') },
  { name: 'laws', run: () => checkLaws('.') },
  { name: 'instructions', run: () => checkInstructions('.') },
  { name: 'limits', run: () => checkLimitPlaces('.') },
  { name: 'state of modules', run: () => checkModuleState('.') },
  { name: 'sizes', run: () => checkSizes('.', SIZE_REASONS) },
  { name: 'public API', run: () => checkPublicApi('.') },
  { name: 'links of documents', run: () => checkDocumentLinks('.') },
  { name: 'tables of documents', run: () => checkDocumentTables('.') },
  { name: 'generated files', run: program('build/scripts/gen.js', '--check') },
  { name: 'types of tests', run: program('node_modules/typescript/bin/tsc', '-p', 'tsconfig.tests.json') },
  {
    name: 'types of the inspector',
    run: program('node_modules/typescript/bin/tsc', '-p', 'inspector/tsconfig.json'),
  },
  {
    name: 'format and lint',
    run: program('node_modules/@biomejs/biome/bin/biome', 'check', '--max-diagnostics=50', '.'),
  },
];

let failed = 0;
for (const { name, run } of CHECKS) {
  const faults = run();
  console.log(`${faults.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) failed++;
}
if (failed > 0) console.log(`\n${failed} of ${CHECKS.length} checks failed`);
process.exitCode = failed > 0 ? 1 : 0;
