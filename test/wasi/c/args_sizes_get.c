// args_sizes_get: how many arguments, and their bytes with a NUL each.
#include "check.h"

TEST("args_sizes_get") {
  __wasi_size_t count = 0, size = 0;
  uint8_t *argv[8], buffer[256];
  OK(__wasi_args_sizes_get(&count, &size));
  SAME(3, count);
  if (count != 3 || size > sizeof buffer) return;
  OK(__wasi_args_get(argv, buffer));
  SAME(strlen((char *)argv[0]) + 1 + sizeof "abc" + sizeof "defgh", size);
}
