// fd_pread: reads at an offset, scattered over buffers, and does not move the position.
#include "check.h"

TEST("fd_pread") {
  __wasi_fd_t fd = new_file("file", "0123456789"), directory;
  uint8_t a[3], b[4];
  __wasi_iovec_t pieces[] = {{a, sizeof a}, {NULL, 0}, {b, sizeof b}};
  __wasi_size_t got = 99;
  __wasi_filesize_t at;
  OK(__wasi_fd_pread(fd, pieces, 3, 2, &got));
  SAME(7, got);
  SAME(0, memcmp(a, "234", 3));
  SAME(0, memcmp(b, "5678", 4));
  OK(__wasi_fd_tell(fd, &at));
  SAME(10, at);
  OK(__wasi_fd_pread(fd, pieces, 3, 8, &got));
  SAME(2, got);
  OK(__wasi_fd_pread(fd, pieces, 3, 10, &got));
  SAME(0, got);
  OK(__wasi_fd_pread(fd, pieces, 3, 1000, &got));
  SAME(0, got);
  got = 99;
  OK(__wasi_fd_pread(fd, pieces, 0, 0, &got));
  SAME(0, got);
  WANT(__wasi_fd_pread(fd, pieces, 3, UINT64_MAX, &got), INVAL, OVERFLOW);
  WANT(__wasi_fd_pread(NO_FD, pieces, 3, 0, &got), BADF);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, WRITE | __WASI_RIGHTS_FD_SEEK, &fd));
  WANT(__wasi_fd_pread(fd, pieces, 3, 0, &got), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  directory = open_directory(".");
  WANT(__wasi_fd_pread(directory, pieces, 3, 0, &got), NOTCAPABLE, ISDIR, BADF);
  OK(__wasi_fd_close(directory));
  UNLINK("file");
}
