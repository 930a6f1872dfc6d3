// fd_fdstat_set_flags: APPEND can be set and cleared while the file is open, and writes obey it.
#include "check.h"

TEST("fd_fdstat_set_flags") {
  __wasi_fd_t fd = new_file("file", "12345");
  __wasi_fdstat_t stat;
  __wasi_filesize_t at;
  OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
  OK(__wasi_fd_fdstat_get(fd, &stat));
  SAME(__WASI_FDFLAGS_APPEND, stat.fs_flags);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(write_text(fd, "67"));
  TRUE(holds("file", "1234567"));

  OK(__wasi_fd_fdstat_set_flags(fd, 0));
  OK(__wasi_fd_fdstat_get(fd, &stat));
  SAME(0, stat.fs_flags);
  OK(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
  OK(write_text(fd, "ab"));
  TRUE(holds("file", "1ab4567"));

  WANT(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC), SUCCESS, NOTSUP, INVAL);
  WANT(__wasi_fd_fdstat_set_flags(NO_FD, 0), BADF);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
