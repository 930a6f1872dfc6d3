// A grammar that the package web-tree-sitter links with itself while it runs.
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';

export const answer = '(document (object (pair key: (string (string_content)) value: (array (number) (null)))))';

export async function run() {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-json/tree-sitter-json.wasm');
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  return parser.parse('{ "a": [1, null] }').rootNode.toString();
}
