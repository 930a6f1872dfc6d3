// Node's own import: vitest's rewrites what it loads, and compiled files check their text.
module.exports = (specifier) => import(specifier);
