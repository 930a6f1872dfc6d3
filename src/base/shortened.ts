// Names of any length in messages of a bounded one.

/** Characters of a name that a message shows. */
const MOST_CHARACTERS = 200;

/** The name, or its beginning and how long it is. */
export function shortened(name: string): string {
  if (name.length <= MOST_CHARACTERS) return name;
  return `${name.slice(0, MOST_CHARACTERS)}... (${name.length} characters)`;
}
