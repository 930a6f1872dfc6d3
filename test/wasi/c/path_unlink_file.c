// path_unlink_file: files and links; an open file lives on until it is closed.
#include "check.h"

TEST("path_unlink_file") {
  __wasi_filestat_t stat;
  __wasi_fd_t fd = new_file("file", "12345");
  char text[8];
  __wasi_size_t got;
  __wasi_filesize_t at;
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_symlink("dir", root, "link"));
  OK(__wasi_path_unlink_file(root, "link"));
  OK(__wasi_path_filestat_get(root, 0, "dir", &stat));

  WANT(__wasi_path_unlink_file(root, "dir"), ISDIR, PERM);
  WANT(__wasi_path_unlink_file(root, "dir/"), ISDIR, PERM, NOTDIR);
  WANT(__wasi_path_unlink_file(root, "file/"), NOTDIR);
  WANT(__wasi_path_unlink_file(root, "missing"), NOENT);
  WANT(__wasi_path_unlink_file(root, "../file"), NOTCAPABLE, PERM);
  WANT(__wasi_path_unlink_file(NO_FD, "file"), BADF);

  OK(__wasi_path_unlink_file(root, "file"));
  WANT(__wasi_path_filestat_get(root, 0, "file", &stat), NOENT);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(read_bytes(fd, text, sizeof text, &got));
  SAME(5, got);
  OK(__wasi_fd_close(fd));
  RMDIR("dir");
}
