// i64 shifts, xor and multiplication: Vigna's xorshift64*, n numbers.
#include "program.h"

RUN(int64_t) {
  uint64_t state = 0x9e3779b97f4a7c15, sum = 0;
  for (int32_t i = 0; i < n; i++) {
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    sum += state * 0x2545f4914f6cdd1d;
  }
  return (int64_t)sum;
}
