// More buffers than POSIX's IOV_MAX are transferred as far as one call goes; empty ones before the first that is not are passed over.
#include "check.h"

enum { MANY = 3000 };
static __wasi_ciovec_t out[MANY];
static __wasi_iovec_t in[MANY];
static uint8_t buffer[MANY];

TEST("many-buffers") {
  __wasi_fd_t f;
  __wasi_size_t bytes, all = 0;
  __wasi_filesize_t at;
  OK(__wasi_path_open(root, 0, "many", __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, 0, &f));
  for (int i = 0; i < MANY; i++) out[i] = (__wasi_ciovec_t){(const uint8_t *)"x", 1};
  while (all < MANY) {
    OK(__wasi_fd_write(f, out + all, MANY - all, &bytes));
    TRUE(bytes > 0);
    all += bytes;
  }
  for (int i = 0; i < MANY; i++) out[i].buf_len = i == MANY - 1;
  OK(__wasi_fd_write(f, out, MANY, &bytes));
  SAME(1, bytes);
  OK(__wasi_fd_pwrite(f, out, MANY - 1, 0, &bytes));
  SAME(0, bytes);

  OK(__wasi_fd_seek(f, 0, __WASI_WHENCE_SET, &at));
  for (int i = 0; i < MANY; i++) in[i] = (__wasi_iovec_t){buffer + i, 1};
  OK(__wasi_fd_read(f, in, MANY, &bytes));
  TRUE(bytes >= 1024 && bytes <= MANY);
  SAME('x', buffer[bytes - 1]);
  for (int i = 0; i < MANY; i++) in[i].buf_len = i == MANY - 1;
  OK(__wasi_fd_pread(f, in, MANY, MANY, &bytes));
  SAME(1, bytes);
  // The list itself must lie in memory.
  WANT(__wasi_fd_read(f, in, 0x20000000, &bytes), FAULT, INVAL);
  OK(__wasi_fd_close(f));
  UNLINK("many");
}
