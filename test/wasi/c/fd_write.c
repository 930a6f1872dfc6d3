// fd_write: gathered from buffers, at the position; large files in pieces.
#include "check.h"

static uint8_t block[65536];

TEST("fd_write") {
  __wasi_fd_t fd = new_file("file", "");
  __wasi_ciovec_t pieces[] = {{(const uint8_t *)"abc", 3}, {NULL, 0}, {(const uint8_t *)"de", 2}};
  __wasi_size_t written = 99;
  __wasi_filesize_t at;
  OK(__wasi_fd_write(fd, pieces, 3, &written));
  SAME(5, written);
  OK(__wasi_fd_write(fd, pieces, 1, &written));
  TRUE(holds("file", "abcdeabc"));
  OK(__wasi_fd_write(fd, pieces, 0, &written));
  SAME(0, written);
  OK(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
  OK(write_text(fd, "XY"));
  TRUE(holds("file", "aXYdeabc"));
  WANT(__wasi_fd_write(NO_FD, pieces, 3, &written), BADF);

  OK(__wasi_fd_filestat_set_size(fd, 0));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  for (unsigned i = 0; i < sizeof block; i++) block[i] = (uint8_t)(i * 7);
  __wasi_ciovec_t large = {block, sizeof block};
  for (int i = 0; i < 16; i++) {
    OK(__wasi_fd_write(fd, &large, 1, &written));
    SAME(sizeof block, written);
  }
  SAME(16 * sizeof block, size_of(fd));
  uint8_t byte;
  __wasi_iovec_t one = {&byte, 1};
  OK(__wasi_fd_pread(fd, &one, 1, 1000001, &written));
  SAME((uint8_t)(1000001 * 7), byte);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(write_text(fd, "x"), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  WANT(write_text(0, "x"), NOTCAPABLE, BADF);
  UNLINK("file");
}
