// random_get: fills the whole buffer and nothing beside it, differently each time; large requests too.
#include "check.h"

#include <unistd.h>

static uint8_t large[200001];

static int zeros(const uint8_t *bytes, size_t size) {
  int count = 0;
  for (size_t i = 0; i < size; i++) count += bytes[i] == 0;
  return count;
}

TEST("random_get") {
  uint8_t a[32] = {0}, b[32] = {0};
  OK(__wasi_random_get(a, sizeof a));
  OK(__wasi_random_get(b, sizeof b));
  TRUE(zeros(a, sizeof a) < 32);
  TRUE(memcmp(a, b, sizeof a) != 0);
  memset(a, 7, sizeof a);
  OK(__wasi_random_get(a + 8, 0));
  for (int i = 0; i < 32; i++) SAME(7, a[i]);

  OK(__wasi_random_get(large, sizeof large - 1));
  SAME(0, large[sizeof large - 1]);
  int count = zeros(large, sizeof large - 1); // 781 expected
  TRUE(count > 400 && count < 1300);
  TRUE(zeros(large + sizeof large - 33, 32) < 8); // the end is filled too
  SAME(0, getentropy(b, sizeof b));
}
