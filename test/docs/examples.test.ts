// What the documents show is what happens.
import { describe } from 'vitest';
import { testExamples } from '../helpers/doc-examples.js';

describe.each(['docs/wasi.md', 'docs/embedding.md'])('%s', (path) => testExamples(path));
