// sock_send: not on a file (which stays as it is), not on a directory, not on a closed descriptor.
#include "check.h"

TEST("sock_send") {
  __wasi_fd_t fd = new_file("file", "");
  __wasi_ciovec_t piece = {(const uint8_t *)"text", 4};
  __wasi_size_t sent;
  WANT(__wasi_sock_send(fd, &piece, 1, 0, &sent), NOTSOCK);
  WANT(__wasi_sock_send(root, &piece, 1, 0, &sent), NOTSOCK);
  WANT(__wasi_sock_send(NO_FD, &piece, 1, 0, &sent), BADF);
  SAME(0, size_of(fd));
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
