// fd_filestat_set_size: cuts, or grows with zeros; the position stays.
#include "check.h"

TEST("fd_filestat_set_size") {
  __wasi_fd_t fd = new_file("file", "123456789"), directory;
  __wasi_filesize_t at;
  __wasi_size_t got;
  uint8_t bytes[16];
  OK(__wasi_fd_filestat_set_size(fd, 4));
  SAME(4, size_of(fd));
  OK(__wasi_fd_tell(fd, &at));
  SAME(9, at);
  OK(__wasi_fd_filestat_set_size(fd, 8));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(read_bytes(fd, bytes, sizeof bytes, &got));
  SAME(8, got);
  SAME(0, memcmp(bytes, "1234\0\0\0\0", 8));
  WANT(__wasi_fd_filestat_set_size(fd, UINT64_C(1) << 63), INVAL, FBIG);
  SAME(8, size_of(fd));
  OK(__wasi_fd_filestat_set_size(fd, 0));
  SAME(0, size_of(fd));
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_filestat_set_size(fd, 1), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  directory = open_directory(".");
  WANT(__wasi_fd_filestat_set_size(directory, 0), NOTCAPABLE, ISDIR, BADF, INVAL);
  OK(__wasi_fd_close(directory));
  WANT(__wasi_fd_filestat_set_size(NO_FD, 0), BADF);
  UNLINK("file");
}
