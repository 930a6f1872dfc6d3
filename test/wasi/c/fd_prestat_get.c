// fd_prestat_get: the preopens follow the standard streams without a gap; nothing else is one.
#include "check.h"

TEST("fd_prestat_get") {
  __wasi_prestat_t stat = {.tag = 9};
  __wasi_fd_t fd = new_file("file", ""), directory = open_directory(".");
  SAME(3, root);
  OK(__wasi_fd_prestat_get(3, &stat));
  SAME(__WASI_PREOPENTYPE_DIR, stat.tag);
  SAME(3, stat.u.dir.pr_name_len);
  OK(__wasi_fd_prestat_get(4, &stat));
  SAME(__WASI_PREOPENTYPE_DIR, stat.tag);
  SAME(6, stat.u.dir.pr_name_len);
  WANT(__wasi_fd_prestat_get(fd, &stat), BADF, INVAL, NOTSUP, NOTDIR);
  WANT(__wasi_fd_prestat_get(directory, &stat), BADF, INVAL, NOTSUP);
  WANT(__wasi_fd_prestat_get(0, &stat), BADF, INVAL, NOTSUP, NOTDIR);
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_close(directory));
  WANT(__wasi_fd_prestat_get(5, &stat), BADF);
  WANT(__wasi_fd_prestat_get(NO_FD, &stat), BADF);
  UNLINK("file");
}
