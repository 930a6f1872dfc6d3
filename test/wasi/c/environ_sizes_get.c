// environ_sizes_get: how many variables, and their bytes as NAME=VALUE with a NUL each.
#include "check.h"

TEST("environ_sizes_get") {
  __wasi_size_t count = 9, size = 9;
  OK(__wasi_environ_sizes_get(&count, &size));
  SAME(2, count);
  SAME(sizeof "A=1" + sizeof "LONGER=value", size);
}
