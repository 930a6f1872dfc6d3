// fd_sync: on a file with the right; not without it.
#include "check.h"

TEST("fd_sync") {
  __wasi_fd_t fd = new_file("file", "12345");
  OK(__wasi_fd_sync(fd));
  SAME(5, size_of(fd));
  OK(__wasi_fd_close(fd));
  WANT(__wasi_fd_sync(fd), BADF);
  WANT(__wasi_fd_sync(NO_FD), BADF);

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_sync(fd), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
