// fd_pwrite: writes at an offset, gathered from buffers, and does not move the position; a gap reads as zeros.
#include "check.h"

TEST("fd_pwrite") {
  __wasi_fd_t fd = new_file("file", "0123456789");
  __wasi_ciovec_t pieces[] = {{(const uint8_t *)"abc", 3}, {NULL, 0}, {(const uint8_t *)"de", 2}};
  __wasi_size_t written = 99;
  __wasi_filesize_t at;
  OK(__wasi_fd_pwrite(fd, pieces, 3, 2, &written));
  SAME(5, written);
  TRUE(holds("file", "01abcde789"));
  OK(__wasi_fd_tell(fd, &at));
  SAME(10, at);
  OK(__wasi_fd_pwrite(fd, pieces, 1, 12, &written));
  SAME(15, size_of(fd));
  uint8_t bytes[5];
  __wasi_iovec_t piece = {bytes, 5};
  OK(__wasi_fd_pread(fd, &piece, 1, 10, &written));
  SAME(0, memcmp(bytes, "\0\0abc", 5));
  OK(__wasi_fd_pwrite(fd, pieces, 0, 0, &written));
  SAME(0, written);
  WANT(__wasi_fd_pwrite(fd, pieces, 3, UINT64_MAX, &written), INVAL, OVERFLOW, FBIG);
  WANT(__wasi_fd_pwrite(NO_FD, pieces, 3, 0, &written), BADF);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ | __WASI_RIGHTS_FD_SEEK, &fd));
  WANT(__wasi_fd_pwrite(fd, pieces, 3, 0, &written), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
