// Byte stores with a stride: the sieve of Eratosthenes up to 65536, n times.
#include "program.h"

#include <string.h>

enum { LIMIT = 65536 };
static uint8_t composite[LIMIT];

RUN(int32_t) {
  int32_t count = 0;
  for (int32_t round = 0; round < n; round++) {
    memset(composite, 0, sizeof composite);
    count = 0;
    for (uint32_t i = 2; i < LIMIT; i++) {
      if (composite[i]) continue;
      count += (int32_t)i ^ round;
      for (uint32_t j = i * i; i < 256 && j < LIMIT; j += i) composite[j] = 1;
    }
  }
  return count;
}
