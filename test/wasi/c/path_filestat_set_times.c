// path_filestat_set_times: the file's own times, or those of the link itself.
#include "check.h"

static const __wasi_timestamp_t T1 = 1000000000500000000, T2 = 1100000000500000000;

TEST("path_filestat_set_times") {
  const __wasi_fstflags_t both = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
  __wasi_filestat_t stat;
  make_file("file", "12345");
  OK(__wasi_path_symlink("file", root, "link"));
  OK(__wasi_path_filestat_set_times(root, 0, "file", T1, T2, both));
  OK(__wasi_path_filestat_get(root, 0, "file", &stat));
  SAME(T1, stat.atim);
  SAME(T2, stat.mtim);
  OK(__wasi_path_filestat_set_times(root, FOLLOW, "link", T2, 0, __WASI_FSTFLAGS_ATIM));
  OK(__wasi_path_filestat_get(root, 0, "file", &stat));
  SAME(T2, stat.atim);
  SAME(T2, stat.mtim);
  OK(__wasi_path_filestat_set_times(root, 0, "link", 0, T1, __WASI_FSTFLAGS_MTIM));
  OK(__wasi_path_filestat_get(root, 0, "link", &stat));
  SAME(T1, stat.mtim);
  OK(__wasi_path_filestat_get(root, 0, "file", &stat));
  SAME(T2, stat.mtim);
  OK(__wasi_path_filestat_set_times(root, 0, "file", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
  OK(__wasi_path_filestat_get(root, 0, "file", &stat));
  SAME(T2, stat.atim);
  TRUE(stat.mtim > 1577836800000000000);

  WANT(__wasi_path_filestat_set_times(root, 0, "file", 0, 0, both | __WASI_FSTFLAGS_ATIM_NOW), INVAL);
  WANT(__wasi_path_filestat_set_times(root, 0, "missing", 0, 0, both), NOENT);
  WANT(__wasi_path_filestat_set_times(root, 0, "../file", 0, 0, both), NOTCAPABLE, PERM);
  WANT(__wasi_path_filestat_set_times(NO_FD, 0, "file", 0, 0, both), BADF);
  UNLINK("link");
  UNLINK("file");
}
