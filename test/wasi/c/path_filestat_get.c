// path_filestat_get: files, directories, and links with and without following them.
#include "check.h"

TEST("path_filestat_get") {
  __wasi_filestat_t stat, other;
  __wasi_fd_t limited;
  make_file("file", "12345");
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_symlink("file", root, "link"));
  OK(__wasi_path_symlink("missing", root, "dangling"));
  OK(__wasi_path_filestat_get(root, 0, "file", &stat));
  SAME(5, stat.size);
  SAME(1, stat.nlink);
  SAME(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
  OK(__wasi_path_filestat_get(root, FOLLOW, "link", &other));
  SAME(stat.ino, other.ino);
  SAME(__WASI_FILETYPE_REGULAR_FILE, other.filetype);
  OK(__wasi_path_filestat_get(root, 0, "link", &other));
  SAME(__WASI_FILETYPE_SYMBOLIC_LINK, other.filetype);
  SAME(4, other.size);
  OK(__wasi_path_filestat_get(root, 0, "dangling", &other));
  SAME(__WASI_FILETYPE_SYMBOLIC_LINK, other.filetype);
  WANT(__wasi_path_filestat_get(root, FOLLOW, "dangling", &other), NOENT);
  OK(__wasi_path_filestat_get(root, 0, "dir/", &other));
  SAME(__WASI_FILETYPE_DIRECTORY, other.filetype);
  OK(__wasi_path_filestat_get(root, 0, ".", &other));
  SAME(__WASI_FILETYPE_DIRECTORY, other.filetype);

  WANT(__wasi_path_filestat_get(root, 0, "missing", &stat), NOENT);
  WANT(__wasi_path_filestat_get(root, 0, "file/", &stat), NOTDIR);
  WANT(__wasi_path_filestat_get(root, 0, "file/x", &stat), NOTDIR);
  WANT(__wasi_path_filestat_get(root, 0, "", &stat), NOENT, INVAL);
  WANT(__wasi_path_filestat_get(root, 0, "..", &stat), NOTCAPABLE, PERM);
  WANT(__wasi_path_filestat_get(root, 0, "/", &stat), NOTCAPABLE, PERM);
  WANT(__wasi_path_filestat_get(NO_FD, 0, "file", &stat), BADF);
  OK(open_at(root, "dir", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, &limited));
  WANT(__wasi_path_filestat_get(limited, 0, ".", &stat), NOTCAPABLE);
  OK(__wasi_fd_close(limited));
  UNLINK("link");
  UNLINK("dangling");
  UNLINK("file");
  RMDIR("dir");
}
