// With APPEND a write goes to the end, and the place is where it ended: not the end, whenever asked. Nothing written moves nothing.
#include "check.h"

#define BEGIN(name)                                                                                                    \
  OK(__wasi_path_open(root, 0, name, __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, __WASI_FDFLAGS_APPEND, &f))
#define END(name) OK(__wasi_fd_close(f)), UNLINK(name)

static __wasi_fd_t f;
static uint8_t buffer[64];

static int64_t place(void) {
  __wasi_filesize_t at;
  OK(__wasi_fd_tell(f, &at));
  return (int64_t)at;
}
static void go(int64_t to) {
  __wasi_filesize_t at;
  OK(__wasi_fd_seek(f, to, __WASI_WHENCE_SET, &at));
}
static int64_t get(void) {
  __wasi_iovec_t piece = {buffer, 48};
  __wasi_size_t bytes;
  OK(__wasi_fd_read(f, &piece, 1, &bytes));
  return (int64_t)bytes;
}

TEST("append-place") {
  __wasi_fd_t other;
  __wasi_size_t bytes;
  __wasi_ciovec_t none[2] = {{buffer, 0}, {buffer, 0}};
  __wasi_ciovec_t two = {(const uint8_t *)"zz", 2};

  BEGIN("grown");
  OK(write_text(f, "0123456789"));
  SAME(10, place());
  OK(__wasi_fd_filestat_set_size(f, 14));
  SAME(10, place());
  SAME(4, get());
  SAME(14, place());
  END("grown");

  BEGIN("grown-unasked");
  OK(write_text(f, "0123456789"));
  OK(__wasi_fd_filestat_set_size(f, 14));
  SAME(4, get());
  END("grown-unasked");

  BEGIN("others");
  OK(write_text(f, "0123456789"));
  OK(__wasi_path_open(root, 0, "others", 0, WRITE, 0, __WASI_FDFLAGS_APPEND, &other));
  OK(write_text(other, "abc"));
  OK(__wasi_fd_close(other));
  SAME(3, get());
  END("others");

  BEGIN("cut");
  OK(write_text(f, "0123456789"));
  OK(__wasi_fd_filestat_set_size(f, 4));
  SAME(0, get());
  SAME(10, place());
  OK(write_text(f, "x"));
  SAME(5, place());
  END("cut");

  BEGIN("nothing");
  OK(write_text(f, "0123456789"));
  go(3);
  OK(__wasi_fd_write(f, none, 0, &bytes));
  SAME(3, place());
  OK(__wasi_fd_write(f, none, 1, &bytes));
  OK(__wasi_fd_write(f, none, 2, &bytes));
  SAME(7, get());
  END("nothing");

  // Without APPEND from now on, the place stays.
  BEGIN("cleared");
  OK(write_text(f, "0123456789"));
  OK(__wasi_fd_filestat_set_size(f, 20));
  OK(__wasi_fd_fdstat_set_flags(f, 0));
  SAME(10, place());
  OK(write_text(f, "ab"));
  SAME(12, place());
  OK(__wasi_fd_fdstat_set_flags(f, __WASI_FDFLAGS_APPEND));
  SAME(12, place());
  OK(write_text(f, "c"));
  SAME(21, place());
  END("cleared");

  // As on Linux, and in wasmtime: fd_pwrite appends too, and moves nothing.
  BEGIN("at");
  OK(write_text(f, "0123456789"));
  OK(__wasi_fd_pwrite(f, &two, 1, 3, &bytes));
  SAME(10, place());
  SAME(2, get());
  SAME('z', buffer[0]);
  END("at");
}
