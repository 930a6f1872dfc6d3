// fd_fdstat_set_rights: rights can be given up, and never come back.
#include "check.h"

TEST("fd_fdstat_set_rights") {
  __wasi_fd_t fd = new_file("file", "12345");
  __wasi_fdstat_t stat;
  __wasi_size_t got;
  char buffer[8];
  OK(__wasi_fd_fdstat_get(fd, &stat));
  OK(__wasi_fd_fdstat_set_rights(fd, READ, 0));
  WANT(write_text(fd, "x"), NOTCAPABLE);
  OK(read_bytes(fd, buffer, sizeof buffer, &got));
  WANT(__wasi_fd_fdstat_set_rights(fd, READ | WRITE, 0), NOTCAPABLE);
  WANT(__wasi_fd_fdstat_set_rights(fd, READ, READ), NOTCAPABLE);
  OK(__wasi_fd_fdstat_get(fd, &stat));
  SAME(READ, stat.fs_rights_base);
  SAME(0, stat.fs_rights_inheriting);
  OK(__wasi_fd_fdstat_set_rights(fd, 0, 0));
  WANT(read_bytes(fd, buffer, sizeof buffer, &got), NOTCAPABLE);
  OK(__wasi_fd_close(fd)); // needs no right
  WANT(__wasi_fd_fdstat_set_rights(NO_FD, 0, 0), BADF);
  UNLINK("file");
}
