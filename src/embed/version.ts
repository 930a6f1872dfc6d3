// The version of this runtime. package.json says the same; a test compares them.

export const VERSION_MAJOR = 0;
export const VERSION_MINOR = 1;
export const VERSION_PATCH = 0;
export const VERSION = `${VERSION_MAJOR}.${VERSION_MINOR}.${VERSION_PATCH}`;

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}
export function getVersion(): Version {
  return { major: VERSION_MAJOR, minor: VERSION_MINOR, patch: VERSION_PATCH };
}
