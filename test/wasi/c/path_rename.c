// path_rename: files and directories, over what may be replaced, and nothing out or in.
#include "check.h"

TEST("path_rename") {
  __wasi_filestat_t stat;
  make_file("a", "first");
  make_file("b", "second");
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_create_directory(root, "full"));
  make_file("full/file", "");

  OK(__wasi_path_rename(root, "a", root, "dir/a"));
  WANT(__wasi_path_filestat_get(root, 0, "a", &stat), NOENT);
  TRUE(holds("dir/a", "first"));
  OK(__wasi_path_rename(root, "dir/a", root, "b")); // replaces
  TRUE(holds("b", "first"));
  OK(__wasi_path_rename(root, "b", root, "b"));
  TRUE(holds("b", "first"));

  OK(__wasi_path_rename(root, "full", root, "dir")); // over an empty directory
  OK(__wasi_path_filestat_get(root, 0, "dir/file", &stat));
  OK(__wasi_path_create_directory(root, "empty"));
  WANT(__wasi_path_rename(root, "empty", root, "dir"), NOTEMPTY, EXIST);
  WANT(__wasi_path_rename(root, "empty", root, "b"), NOTDIR);
  WANT(__wasi_path_rename(root, "b", root, "empty"), ISDIR);
  WANT(__wasi_path_rename(root, "dir", root, "dir/inside"), INVAL);
  WANT(__wasi_path_rename(root, "missing", root, "c"), NOENT);
  WANT(__wasi_path_rename(root, "b", root, "missing/c"), NOENT);
  WANT(__wasi_path_rename(root, "b", root, "../b"), NOTCAPABLE, PERM);
  WANT(__wasi_path_rename(root, "../b", root, "b"), NOTCAPABLE, PERM);
  WANT(__wasi_path_rename(root, "b", root, "/b"), NOTCAPABLE, PERM);
  WANT(__wasi_path_rename(NO_FD, "b", root, "c"), BADF);
  WANT(__wasi_path_rename(root, "b", NO_FD, "c"), BADF);

  // A link is renamed itself.
  OK(__wasi_path_symlink("b", root, "link"));
  OK(__wasi_path_rename(root, "link", root, "link2"));
  OK(__wasi_path_filestat_get(root, 0, "link2", &stat));
  SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat.filetype);
  TRUE(holds("b", "first"));
  UNLINK("link2");
  UNLINK("b");
  UNLINK("dir/file");
  RMDIR("dir");
  RMDIR("empty");
}
