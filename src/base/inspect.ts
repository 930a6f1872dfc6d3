// How objects show themselves in a log: Node, Bun and Deno call a method of this name; elsewhere it is unused. The symbol is registered by its
// name, so that nothing is imported for it.

/** The name of the method: `[INSPECT](): string`. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
