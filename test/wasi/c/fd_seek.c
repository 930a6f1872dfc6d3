// fd_seek: from the start, the position and the end; beyond the end is allowed, before the start is not.
#include "check.h"

TEST("fd_seek") {
  __wasi_fd_t fd = new_file("file", "0123456789"), directory;
  __wasi_filesize_t at = 99;
  char byte;
  __wasi_size_t got;
  OK(__wasi_fd_seek(fd, 4, __WASI_WHENCE_SET, &at));
  SAME(4, at);
  OK(__wasi_fd_seek(fd, 2, __WASI_WHENCE_CUR, &at));
  SAME(6, at);
  OK(read_bytes(fd, &byte, 1, &got));
  SAME('6', byte);
  OK(__wasi_fd_seek(fd, -3, __WASI_WHENCE_CUR, &at));
  SAME(4, at);
  OK(__wasi_fd_seek(fd, -1, __WASI_WHENCE_END, &at));
  SAME(9, at);
  OK(__wasi_fd_seek(fd, 100, __WASI_WHENCE_END, &at));
  SAME(110, at);
  OK(read_bytes(fd, &byte, 1, &got));
  SAME(0, got);
  WANT(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at), INVAL);
  WANT(__wasi_fd_seek(fd, -111, __WASI_WHENCE_CUR, &at), INVAL);
  WANT(__wasi_fd_seek(fd, -11, __WASI_WHENCE_END, &at), INVAL);
  WANT(__wasi_fd_seek(fd, 0, 3, &at), INVAL);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at));
  SAME(110, at); // the errors left it where it was
  WANT(__wasi_fd_seek(NO_FD, 0, __WASI_WHENCE_SET, &at), BADF);

  OK(write_text(fd, "x")); // beyond the end: a gap of zeros
  SAME(111, size_of(fd));
  OK(__wasi_fd_seek(fd, 50, __WASI_WHENCE_SET, &at));
  OK(read_bytes(fd, &byte, 1, &got));
  SAME(0, byte);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ | __WASI_RIGHTS_FD_TELL, &fd));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at)); // asking is telling
  WANT(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  directory = open_directory(".");
  WANT(__wasi_fd_seek(directory, 0, __WASI_WHENCE_SET, &at), NOTCAPABLE, ISDIR, BADF);
  OK(__wasi_fd_close(directory));
  UNLINK("file");
}
