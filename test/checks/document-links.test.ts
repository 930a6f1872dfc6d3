// The check of the documents' links must really fail.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { checkDocumentLinks, headingsOf } from '../../scripts/document-links.js';

function faults(documents: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'enclasm-links-'));
  const files = { 'package.json': '{ "files": ["docs", "README.md"] }', 'README.md': '# Enclasm', ...documents };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  try {
    return checkDocumentLinks(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

it('what a link names is there', () => {
  expect(faults({ 'docs/a.md': '[b](b.md) [readme](../README.md) [web](https://example.com/none)' })).toEqual([
    'docs/a.md: the link to b.md leads nowhere',
  ]);
});
it('a heading that a link names is there', () => {
  expect(faults({ 'docs/a.md': '# One\n[x](#one) [x](#two) [x](../README.md#enclasm) [x](../README.md#one)' })).toEqual(
    [
      'docs/a.md: the link to #two names a heading that is not there',
      'docs/a.md: the link to ../README.md#one names a heading that is not there',
    ],
  );
});
it('a document of the package links to nothing outside it; others may', () => {
  const inside = { 'src/README.md': '[a](../docs/a.md)' };
  expect(faults({ ...inside, 'docs/a.md': '[src](../src/README.md)' })).toEqual([
    'docs/a.md: the link to ../src/README.md leads out of the package: name the file as code, without a link',
  ]);
});
it('code is no link', () => {
  expect(faults({ 'docs/a.md': '`[a](none.md)`\n```md\n[a](none.md)\n```\n' })).toEqual([]);
});
it('headings are named as GitHub names them', () => {
  const text = '# Why is `a` not **b**?\n## Why is [x](y.md), too?\n### Same\n### Same\n```\n# none\n```\n';
  expect([...headingsOf(text)]).toEqual(['why-is-a-not-b', 'why-is-x-too', 'same', 'same-1']);
});
