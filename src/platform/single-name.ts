// What a name in a directory is. File systems trust their caller to give single names; whoever takes names from elsewhere asks here.
// Refuses the names that lead out of a directory, and those that are several.

/** Whether this is one component of a path, and neither `.` nor `..`. */
export function isSingleName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
}
