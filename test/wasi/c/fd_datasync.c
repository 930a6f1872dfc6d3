// fd_datasync: on a file with the right; not without it.
#include "check.h"

TEST("fd_datasync") {
  __wasi_fd_t fd = new_file("file", "12345");
  OK(__wasi_fd_datasync(fd));
  SAME(5, size_of(fd));
  OK(__wasi_fd_close(fd));
  WANT(__wasi_fd_datasync(fd), BADF);
  WANT(__wasi_fd_datasync(NO_FD), BADF);

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_datasync(fd), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
