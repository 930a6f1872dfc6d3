// Files by their paths as the tree that a file system in memory takes, and back. Refuses what is no name: an empty part, `.` and `..` are left out.
import { type MemoryTree, SymbolicLink } from '#src/entry/libraries.js';
import type { InputFile } from './messages.js';

type Tree = { [name: string]: Uint8Array | Tree };

/** A file whose folder is a file already is left out. */
export function treeOf(files: readonly InputFile[]): MemoryTree {
  const root: Tree = Object.create(null);
  for (const { name, bytes } of files) {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
    const last = parts.pop();
    if (last === undefined) continue;
    let folder: Tree | undefined = root;
    for (const part of parts) {
      const inner: Uint8Array | Tree = (folder[part] ??= Object.create(null) as Tree);
      folder = inner instanceof Uint8Array ? undefined : inner;
      if (!folder) break;
    }
    if (folder && !(last in folder)) folder[last] = bytes;
  }
  return root;
}

/** The files of a tree, in its order; symbolic links are left out. */
export function filesOf(tree: MemoryTree, folder = ''): InputFile[] {
  return Object.entries(tree).flatMap(([name, content]): InputFile[] => {
    if (content instanceof SymbolicLink) return [];
    if (typeof content === 'string') return [{ name: folder + name, bytes: new TextEncoder().encode(content) }];
    return content instanceof Uint8Array
      ? [{ name: folder + name, bytes: content }]
      : filesOf(content, `${folder}${name}/`);
  });
}
