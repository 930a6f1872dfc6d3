// fd_allocate: the file is at least offset + length long afterwards, and never shorter than before.
// A host that cannot reserve space may refuse with NOTSUP; then nothing has changed.
#include "check.h"

TEST("fd_allocate") {
  __wasi_fd_t fd = new_file("file", "12345"), directory;
  __wasi_errno_t first = __wasi_fd_allocate(fd, 0, 3);
  WANT(first, SUCCESS, NOTSUP);
  SAME(5, size_of(fd));
  WANT(__wasi_fd_allocate(fd, 10, 90), SUCCESS, NOTSUP);
  SAME(first ? 5 : 100, size_of(fd));
  if (first == 0) {
    uint8_t bytes[100];
    __wasi_iovec_t piece = {bytes, sizeof bytes};
    __wasi_size_t got;
    OK(__wasi_fd_pread(fd, &piece, 1, 0, &got));
    SAME(100, got);
    SAME('5', bytes[4]);
    for (int i = 5; i < 100; i++) SAME(0, bytes[i]);
  }
  WANT(__wasi_fd_allocate(fd, UINT64_C(1) << 63, 1), INVAL, FBIG, NOTSUP);
  WANT(__wasi_fd_allocate(NO_FD, 0, 1), BADF);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_allocate(fd, 0, 200), NOTCAPABLE, BADF);
  OK(__wasi_fd_close(fd));
  directory = open_directory(".");
  WANT(__wasi_fd_allocate(directory, 0, 1), BADF, ISDIR, NOTCAPABLE);
  OK(__wasi_fd_close(directory));
  UNLINK("file");
}
