// Exports of a CommonJS module that the package cjs-module-lexer finds.
import { init, parse } from 'cjs-module-lexer';

export const answer = { exports: ['a', 'b'], reexports: ['./c.js'] };

export async function run() {
  await init();
  const { exports, reexports } = parse(
    "exports.a = 1; Object.defineProperty(exports, 'b', { value: 2 }); __exportStar(require('./c.js'));",
  );
  return { exports: [...exports], reexports: [...reexports] };
}
