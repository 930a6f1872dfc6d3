// Without a grant the environment is empty: nothing of the host's leaks in.
#include "check.h"

#include <stdlib.h>

TEST("environ-empty") {
  __wasi_size_t count = 9, size = 9;
  uint8_t *variables[1], buffer[1];
  OK(__wasi_environ_sizes_get(&count, &size));
  SAME(0, count);
  SAME(0, size);
  OK(__wasi_environ_get(variables, buffer));
  TRUE(getenv("PATH") == NULL);
}
