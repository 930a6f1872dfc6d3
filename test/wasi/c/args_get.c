// args_get: the pointers, the bytes, one after the other.
#include "check.h"

TEST("args_get") {
  static const char *const expected[] = {NULL, "one", "two words", "", "\xc3\xbc"};
  __wasi_size_t count, size;
  uint8_t *argv[8], buffer[256];
  memset(buffer, 'x', sizeof buffer);
  OK(__wasi_args_sizes_get(&count, &size));
  SAME(5, count);
  if (count != 5 || size >= sizeof buffer) return;
  OK(__wasi_args_get(argv, buffer));
  SAME(buffer, argv[0]);
  TRUE(argv[0][0] != 0); // the program's name: whatever the host calls it
  for (int i = 1; i < 5; i++) {
    SAME(argv[i - 1] + strlen((char *)argv[i - 1]) + 1, argv[i]);
    SAME(0, strcmp((char *)argv[i], expected[i]));
  }
  SAME('x', buffer[size]);
}
