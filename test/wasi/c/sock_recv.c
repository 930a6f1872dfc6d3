// sock_recv: not on a file, not on a directory, not on a closed descriptor.
#include "check.h"

TEST("sock_recv") {
  __wasi_fd_t fd = new_file("file", "");
  char text[8] = "intact";
  __wasi_iovec_t piece = {(uint8_t *)text, sizeof text};
  __wasi_size_t got;
  __wasi_roflags_t flags;
  WANT(__wasi_sock_recv(fd, &piece, 1, 0, &got, &flags), NOTSOCK);
  WANT(__wasi_sock_recv(root, &piece, 1, 0, &got, &flags), NOTSOCK);
  WANT(__wasi_sock_recv(NO_FD, &piece, 1, 0, &got, &flags), BADF);
  SAME(0, memcmp(text, "intact", 7));
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
