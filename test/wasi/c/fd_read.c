// fd_read: piece after piece until the end, scattered over buffers.
#include "check.h"

TEST("fd_read") {
  __wasi_fd_t fd = new_file("file", "0123456789"), directory;
  uint8_t a[3], b[4];
  __wasi_iovec_t pieces[] = {{a, sizeof a}, {NULL, 0}, {b, sizeof b}};
  __wasi_size_t got = 99;
  __wasi_filesize_t at;
  OK(__wasi_fd_read(fd, pieces, 3, &got));
  SAME(0, got); // at the end
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(__wasi_fd_read(fd, pieces, 3, &got));
  SAME(7, got);
  SAME(0, memcmp(a, "012", 3));
  SAME(0, memcmp(b, "3456", 4));
  OK(__wasi_fd_read(fd, pieces, 3, &got));
  SAME(3, got);
  SAME(0, memcmp(a, "789", 3));
  OK(__wasi_fd_read(fd, pieces, 3, &got));
  SAME(0, got);
  got = 99;
  OK(__wasi_fd_read(fd, pieces, 0, &got));
  SAME(0, got);
  WANT(__wasi_fd_read(NO_FD, pieces, 3, &got), BADF);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, WRITE, &fd));
  WANT(__wasi_fd_read(fd, pieces, 3, &got), NOTCAPABLE, BADF);
  OK(__wasi_fd_close(fd));
  directory = open_directory(".");
  WANT(__wasi_fd_read(directory, pieces, 3, &got), NOTCAPABLE, ISDIR, BADF);
  OK(__wasi_fd_close(directory));
  WANT(__wasi_fd_read(1, pieces, 3, &got), NOTCAPABLE, BADF);
  UNLINK("file");

  // Standard input: as many reads as it takes, then the end.
  char text[32];
  __wasi_size_t total = 0;
  do OK(read_bytes(0, text + total, sizeof text - total, &got));
  while (got > 0 && (total += got) < sizeof text);
  SAME(12, total);
  SAME(0, memcmp(text, "given\ninput\n", 12));
}
