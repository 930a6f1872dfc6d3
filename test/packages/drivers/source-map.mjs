// A position that the package source-map looks up.
import { createRequire } from 'node:module';

const { SourceMapConsumer, SourceMapGenerator } = createRequire(import.meta.url)('source-map');

export const answer = { source: 'a.ts', line: 7, column: 3, name: 'name' };

export async function run() {
  const generator = new SourceMapGenerator({ file: 'a.js' });
  const mapping = {
    generated: { line: 1, column: 10 },
    original: { line: 7, column: 3 },
    source: 'a.ts',
    name: 'name',
  };
  generator.addMapping(mapping);
  return SourceMapConsumer.with(generator.toJSON(), null, (consumer) =>
    consumer.originalPositionFor({ line: 1, column: 12 }),
  );
}
