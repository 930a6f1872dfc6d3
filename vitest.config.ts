import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The checked build: memories move at each growth, between canaries, and what they leave is detached (test/checked). */
const checked = process.env['ENCLASM_CHECKED'] === '1';

export default defineConfig({
  resolve: {
    alias: [
      { find: '#src', replacement: path('./src') },
      ...(checked ? [{ find: /^.*\/memory-place\.js$/, replacement: path('./test/checked/memory-place.ts') }] : []),
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // What growth costs is measured in the product: in the checked build each page moves the whole memory.
    exclude: checked ? ['test/modes/memory-growth.test.ts', '**/node_modules/**'] : ['**/node_modules/**'],
    testTimeout: 30_000,
    reporters: ['default'],
  },
});
