// path_remove_directory: empty directories, and nothing else.
#include "check.h"

TEST("path_remove_directory") {
  __wasi_filestat_t stat;
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_create_directory(root, "dir/sub"));
  make_file("file", "");
  OK(__wasi_path_symlink("dir", root, "link"));
  WANT(__wasi_path_remove_directory(root, "dir"), NOTEMPTY);
  WANT(__wasi_path_remove_directory(root, "file"), NOTDIR);
  WANT(__wasi_path_remove_directory(root, "file/"), NOTDIR);
  WANT(__wasi_path_remove_directory(root, "link"), NOTDIR);
  WANT(__wasi_path_remove_directory(root, "missing"), NOENT);
  WANT(__wasi_path_remove_directory(root, ".."), NOTCAPABLE, PERM);
  WANT(__wasi_path_remove_directory(root, "../dir"), NOTCAPABLE, PERM);
  WANT(__wasi_path_remove_directory(NO_FD, "dir"), BADF);
  OK(__wasi_path_remove_directory(root, "dir/sub/"));
  OK(__wasi_path_remove_directory(root, "dir"));
  WANT(__wasi_path_filestat_get(root, 0, "dir", &stat), NOENT);
  UNLINK("link");
  UNLINK("file");
}
