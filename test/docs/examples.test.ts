// What the documents show is what happens.
import { describe } from 'vitest';
import { testExamples } from '../helpers/doc-examples.js';

describe.each([
  'README.md',
  'docs/aot-format.md',
  'docs/embedding.md',
  'docs/guides/errors.md',
  'docs/guides/plugin-host.md',
  'docs/guides/untrusted-code.md',
  'docs/observing.md',
  'docs/plugins.md',
  'docs/threads.md',
  'docs/wasi.md',
])('%s', (path) => testExamples(path));
