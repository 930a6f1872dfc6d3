// Pointers outside the memory: every call answers FAULT (or INVAL, OVERFLOW), none harms the host or runs half-way.
#include "check.h"

#define OUTSIDE ((void *)0xfffffff0)
#define FAULTS(call) WANT(call, FAULT, INVAL, OVERFLOW)

TEST("bad-pointers") {
  __wasi_fd_t fd = new_file("file", "12345");
  __wasi_size_t n;
  __wasi_iovec_t in = {OUTSIDE, 100}, wraps = {(uint8_t *)8, 0xfffffffc};
  __wasi_ciovec_t out = {OUTSIDE, 100};
  __wasi_filesize_t at;
  char byte;
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  FAULTS(__wasi_args_sizes_get(OUTSIDE, &n));
  FAULTS(__wasi_args_get(OUTSIDE, OUTSIDE));
  FAULTS(__wasi_environ_sizes_get(&n, (void *)0xffffffff));
  FAULTS(__wasi_clock_time_get(0, 0, (void *)0xfffffffc));
  FAULTS(__wasi_clock_res_get(0, OUTSIDE));
  FAULTS(__wasi_random_get(OUTSIDE, 100));
  FAULTS(__wasi_random_get((uint8_t *)8, 0xffffffff));
  FAULTS(__wasi_fd_read(fd, &in, 1, &n));
  FAULTS(__wasi_fd_read(fd, &wraps, 1, &n));
  FAULTS(__wasi_fd_read(fd, OUTSIDE, 1, &n));
  FAULTS(__wasi_fd_read(fd, &in, 0x20000000, &n));
  FAULTS(__wasi_fd_pread(fd, &in, 1, 0, &n));
  FAULTS(__wasi_fd_write(fd, &out, 1, &n));
  FAULTS(__wasi_fd_write(fd, OUTSIDE, 100, &n));
  FAULTS(__wasi_fd_pwrite(fd, &out, 1, 0, &n));
  FAULTS(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, OUTSIDE + 12));
  FAULTS(__wasi_fd_tell(fd, OUTSIDE + 12));
  FAULTS(__wasi_fd_fdstat_get(fd, OUTSIDE));
  FAULTS(__wasi_fd_filestat_get(fd, OUTSIDE));
  FAULTS(__wasi_fd_prestat_get(root, OUTSIDE + 12));
  FAULTS(__wasi_fd_readdir(root, OUTSIDE, 4096, 0, &n));
  FAULTS(__wasi_path_filestat_get(root, 0, "file", OUTSIDE));
  FAULTS(__wasi_path_readlink(root, "file", OUTSIDE, 100, &n));
  FAULTS(__wasi_poll_oneoff(OUTSIDE, OUTSIDE, 1, &n));

  OK(__wasi_fd_tell(fd, &at));
  SAME(0, at);
  OK(read_bytes(fd, &byte, 1, &n));
  SAME('1', byte);
  OK(__wasi_fd_close(fd));
  TRUE(holds("file", "12345"));
  UNLINK("file");
}
