// Module hooks of the checked build: whoever imports the places of memories gets the checked ones.
const CHECKED = new URL('../../build/test/checked/memory-place.js', import.meta.url).href;

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  return resolved.url.endsWith('/dist/runtime/memory-place.js') ? { ...resolved, url: CHECKED } : resolved;
}
