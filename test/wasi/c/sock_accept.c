// sock_accept: not on a file, not on a directory, not on a closed descriptor.
#include "check.h"

TEST("sock_accept") {
  __wasi_fd_t fd = new_file("file", ""), accepted = NO_FD;
  WANT(__wasi_sock_accept(fd, 0, &accepted), NOTSOCK);
  WANT(__wasi_sock_accept(root, 0, &accepted), NOTSOCK);
  WANT(__wasi_sock_accept(NO_FD, 0, &accepted), BADF);
  SAME(NO_FD, accepted);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
