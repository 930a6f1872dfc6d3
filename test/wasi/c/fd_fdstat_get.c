// fd_fdstat_get: type, flags and rights of files, directories and the standard streams.
#include "check.h"

TEST("fd_fdstat_get") {
  __wasi_fdstat_t stat;
  __wasi_fd_t fd = new_file("file", ""), directory = open_directory(".");
  OK(__wasi_fd_fdstat_get(fd, &stat));
  SAME(__WASI_FILETYPE_REGULAR_FILE, stat.fs_filetype);
  SAME(0, stat.fs_flags);
  SAME(READ | WRITE, stat.fs_rights_base & (READ | WRITE));
  OK(__wasi_fd_close(fd));
  WANT(__wasi_fd_fdstat_get(fd, &stat), BADF);

  OK(__wasi_path_open(root, 0, "file", 0, READ, 0, 0, &fd));
  OK(__wasi_fd_fdstat_get(fd, &stat));
  SAME(READ, stat.fs_rights_base & (READ | WRITE));
  OK(__wasi_fd_close(fd));

  OK(__wasi_path_open(root, 0, "file", 0, WRITE, 0, __WASI_FDFLAGS_APPEND, &fd));
  OK(__wasi_fd_fdstat_get(fd, &stat));
  SAME(__WASI_FDFLAGS_APPEND, stat.fs_flags);
  SAME(WRITE, stat.fs_rights_base & (READ | WRITE));
  OK(__wasi_fd_close(fd));

  OK(__wasi_fd_fdstat_get(directory, &stat));
  SAME(__WASI_FILETYPE_DIRECTORY, stat.fs_filetype);
  TRUE(stat.fs_rights_base & __WASI_RIGHTS_PATH_OPEN);
  SAME(0, stat.fs_rights_base & __WASI_RIGHTS_FD_SEEK);
  OK(__wasi_fd_close(directory));

  OK(__wasi_fd_fdstat_get(0, &stat));
  TRUE(stat.fs_rights_base & READ);
  for (__wasi_fd_t stream = 1; stream <= 2; stream++) {
    OK(__wasi_fd_fdstat_get(stream, &stat));
    TRUE(stat.fs_rights_base & WRITE);
    TRUE(stat.fs_filetype != __WASI_FILETYPE_DIRECTORY);
  }
  WANT(__wasi_fd_fdstat_get(NO_FD, &stat), BADF);
  UNLINK("file");
}
