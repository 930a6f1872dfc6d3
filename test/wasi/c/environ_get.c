// environ_get: the variables granted, and no others; in any order.
#include "check.h"

TEST("environ_get") {
  static const char *const expected[] = {"ONE=1", "EMPTY=", "WITH=a=b", "UNI=\xc3\xbc"};
  __wasi_size_t count, size;
  uint8_t *variables[8], buffer[256];
  memset(buffer, 'x', sizeof buffer);
  OK(__wasi_environ_sizes_get(&count, &size));
  SAME(4, count);
  if (count != 4 || size >= sizeof buffer) return;
  OK(__wasi_environ_get(variables, buffer));
  for (int i = 0; i < 4; i++) {
    int found = 0;
    for (int k = 0; k < 4; k++) found += strcmp((char *)variables[k], expected[i]) == 0;
    SAME(1, found);
    TRUE(variables[i] >= buffer && variables[i] < buffer + size);
  }
  SAME('x', buffer[size]);
}
