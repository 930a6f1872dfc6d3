// fd_filestat_set_times: given times, the present, or neither; contradicting flags are an error.
#include "check.h"

// Half seconds: exact also on hosts that keep times as floating-point seconds.
static const __wasi_timestamp_t T1 = 1000000000500000000, T2 = 1100000000500000000;

TEST("fd_filestat_set_times") {
  __wasi_fd_t fd = new_file("file", "12345");
  __wasi_filestat_t stat;
  OK(__wasi_fd_filestat_set_times(fd, T1, T2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
  OK(__wasi_fd_filestat_get(fd, &stat));
  SAME(T1, stat.atim);
  SAME(T2, stat.mtim);
  OK(__wasi_fd_filestat_set_times(fd, 0, T1, __WASI_FSTFLAGS_MTIM));
  OK(__wasi_fd_filestat_get(fd, &stat));
  SAME(T1, stat.atim);
  SAME(T1, stat.mtim);
  OK(__wasi_fd_filestat_set_times(fd, 0, 0, 0));
  OK(__wasi_fd_filestat_get(fd, &stat));
  SAME(T1, stat.atim);
  SAME(T1, stat.mtim);
  OK(__wasi_fd_filestat_set_times(fd, T2, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM_NOW));
  OK(__wasi_fd_filestat_get(fd, &stat));
  SAME(T2, stat.atim);
  TRUE(stat.mtim > 1577836800000000000);
  SAME(5, stat.size);

  WANT(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW), INVAL);
  WANT(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW), INVAL);
  WANT(__wasi_fd_filestat_set_times(NO_FD, 0, 0, __WASI_FSTFLAGS_ATIM), BADF);
  OK(__wasi_fd_close(fd));
  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_filestat_set_times(fd, T1, T1, __WASI_FSTFLAGS_ATIM), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
