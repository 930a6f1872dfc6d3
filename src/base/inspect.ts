// How objects show themselves in a log: Node, Bun and Deno ask for a method of this name; elsewhere nobody does.
// Refuses to import a host: the symbol is registered by its name.

/** The name of the method: `[INSPECT](): string`. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
