// fd_prestat_dir_name: the guest's name of the preopen, without a NUL.
#include "check.h"

TEST("fd_prestat_dir_name") {
  uint8_t name[8];
  memset(name, 'x', sizeof name);
  OK(__wasi_fd_prestat_dir_name(root, name, 3));
  SAME(0, memcmp(name, "/fsxxxxx", 8));
  WANT(__wasi_fd_prestat_dir_name(root, name, 2), NAMETOOLONG, INVAL);
  WANT(__wasi_fd_prestat_dir_name(root, name, 0), NAMETOOLONG, INVAL);
  SAME(0, memcmp(name, "/fsxxxxx", 8));
  WANT(__wasi_fd_prestat_dir_name(0, name, 8), BADF, NOTDIR, INVAL, NOTSUP);
  WANT(__wasi_fd_prestat_dir_name(NO_FD, name, 8), BADF);
}
