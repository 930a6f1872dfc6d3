// Checks that a string is a single name in a directory. File systems trust their caller to give single names; code that takes names from the
// untrusted side checks them here. Refuses names that lead out of a directory, and paths of several names.

/** Whether this is one component of a path, and neither `.` nor `..`. */
export function isSingleName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
}
