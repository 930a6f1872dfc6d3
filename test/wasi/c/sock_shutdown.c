// sock_shutdown: not on a file, not on a directory, not on a closed descriptor.
#include "check.h"

TEST("sock_shutdown") {
  __wasi_fd_t fd = new_file("file", "12345");
  WANT(__wasi_sock_shutdown(fd, 3), NOTSOCK);
  WANT(__wasi_sock_shutdown(root, 3), NOTSOCK);
  WANT(__wasi_sock_shutdown(NO_FD, 3), BADF);
  SAME(5, size_of(fd));
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
