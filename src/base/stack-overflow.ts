// Recognises a stack overflow, the one error that JavaScript engines distinguish only by its text.

/**
 * Whether the JavaScript engine's own stack was full. This uses no regular expression: those are compiled on first use, for which there is no room.
 */
export function isStackOverflow(error: unknown): error is Error {
  if (error instanceof RangeError) return error.message.includes('call stack');
  if (!(error instanceof Error && error.name === 'InternalError')) return false;
  // These are the texts of SpiderMonkey and QuickJS.
  return error.message.includes('too much recursion') || error.message.includes('stack overflow');
}
