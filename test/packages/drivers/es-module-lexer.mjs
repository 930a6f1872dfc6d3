// Imports and exports that the package es-module-lexer finds.
import { init, parse } from 'es-module-lexer';

export const answer = { imports: ['a', 'b'], exports: ['c', 'default'] };

export async function run() {
  await init;
  const [imports, exports] = parse("import a from 'a'; export const c = await import('b'); export default 1;");
  return { imports: imports.map((one) => one.specifier), exports: exports.map((one) => one.name) };
}
