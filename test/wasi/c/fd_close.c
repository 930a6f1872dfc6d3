// fd_close: files, directories, preopens; what is closed is gone.
#include "check.h"

TEST("fd_close") {
  __wasi_fd_t fd = new_file("file", "12345"), directory = open_directory(".");
  __wasi_fdstat_t stat;
  __wasi_prestat_t prestat;
  OK(__wasi_fd_close(fd));
  WANT(__wasi_fd_close(fd), BADF);
  WANT(__wasi_fd_fdstat_get(fd, &stat), BADF);
  OK(__wasi_fd_close(directory));
  WANT(__wasi_fd_close(directory), BADF);
  WANT(__wasi_fd_close(NO_FD), BADF);
  WANT(__wasi_fd_close(0xffffffff), BADF);
  UNLINK("file");

  OK(__wasi_fd_close(root));
  WANT(__wasi_fd_prestat_get(root, &prestat), BADF);
  WANT(__wasi_path_create_directory(root, "late"), BADF);
}
