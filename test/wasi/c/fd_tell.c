// fd_tell: the position, after reads and writes too.
#include "check.h"

TEST("fd_tell") {
  __wasi_fd_t fd = new_file("file", "0123456789"), directory;
  __wasi_filesize_t at = 99;
  char bytes[4];
  __wasi_size_t got;
  OK(__wasi_fd_tell(fd, &at));
  SAME(10, at);
  OK(__wasi_fd_seek(fd, 3, __WASI_WHENCE_SET, &at));
  OK(read_bytes(fd, bytes, 4, &got));
  OK(__wasi_fd_tell(fd, &at));
  SAME(7, at);
  OK(__wasi_fd_seek(fd, INT64_C(5000000000), __WASI_WHENCE_SET, &at));
  OK(__wasi_fd_tell(fd, &at));
  SAME(INT64_C(5000000000), at);
  OK(__wasi_fd_close(fd));
  WANT(__wasi_fd_tell(fd, &at), BADF);

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_tell(fd, &at), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  directory = open_directory(".");
  WANT(__wasi_fd_tell(directory, &at), NOTCAPABLE, ISDIR, BADF);
  OK(__wasi_fd_close(directory));
  UNLINK("file");
}
