// Recognises a stack overflow, the one error that JavaScript engines distinguish only by its text.

/** Whether the host's own stack was full. Without regular expressions: they are made when first used, and there is no room for that. */
export function isStackOverflow(error: unknown): error is Error {
  if (error instanceof RangeError) return error.message.includes('call stack');
  if (!(error instanceof Error && error.name === 'InternalError')) return false;
  // The texts of SpiderMonkey and of QuickJS.
  return error.message.includes('too much recursion') || error.message.includes('stack overflow');
}
