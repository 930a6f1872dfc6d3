// The version of this runtime. package.json says the same; a test compares them.

export const VERSION_MAJOR = 0;
export const VERSION_MINOR = 1;
export const VERSION_PATCH = 0;
/** The version of this package: `major.minor.patch`. */
export const VERSION = `${VERSION_MAJOR}.${VERSION_MINOR}.${VERSION_PATCH}`;

/** A version in three numbers. */
export interface Version {
  /** Grows with changes that break programs. */
  readonly major: number;
  /** Grows with what is new. */
  readonly minor: number;
  /** Grows with what is mended. */
  readonly patch: number;
}
/** The version of this package: WAMR's `wasm_runtime_get_version`. */
export function getVersion(): Version {
  return { major: VERSION_MAJOR, minor: VERSION_MINOR, patch: VERSION_PATCH };
}
