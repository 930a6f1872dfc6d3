import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The checked build: memories move at each growth, between canaries, and what they leave is detached (test/checked). */
const checked = process.env['ENCLASM_CHECKED'] === '1';

/** What the checked build says nothing about: what growth costs (there each page moves a whole memory), 4 GiB with canaries, and what runs in built files. */
const NOT_CHECKED = [
  'test/modes/{memory-growth,large-memories}.test.ts',
  'test/{cli,docs,enclave,footprint,transports,checks}/**',
  'serve/**',
  'src/{alloc,binary,text,validate,numeric,wasm,base}/**',
];

/** What measures the memory or the time of its process, of which others must have left nothing, and what sets a process's one tracer of OpenTelemetry. */
const OWN_PROCESS = [
  'test/{cli/narrow-hosts,js-api/reclaim,enclave/boundary-limits}.test.ts',
  'test/modes/{compile,guest-texts,instantiation,memory-growth,nested,object-charge,parts,runaways}.test.ts',
  'test/hostile/{compile,form,size,types}.test.ts',
  'serve/test/{calls,many,observe,tracing}.test.ts',
];
const EXCLUDED = ['**/node_modules/**', ...(checked ? NOT_CHECKED : [])];

export default defineConfig({
  resolve: {
    alias: [
      { find: '#src', replacement: path('./src') },
      ...(checked ? [{ find: /^.*\/memory-place\.js$/, replacement: path('./test/checked/memory-place.ts') }] : []),
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'serve/test/**/*.test.ts'],
          exclude: [...EXCLUDED, ...OWN_PROCESS],
          // A process loads the runtime once for all its files, not once for each: that is an eighth of the time.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: OWN_PROCESS, exclude: EXCLUDED } },
    ],
    setupFiles: ['test/helpers/plain-environment.ts'],
    // One more than there are cores, for those that wait for processes: no test measures wall time.
    maxWorkers: availableParallelism() + 1,
    // Some use ten seconds of processor time, and other programs may keep the machine busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
