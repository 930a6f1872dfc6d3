// memory.copy and memory.fill: n copies of 64 bytes to 64 KiB, overlapping in both directions.
// flags: -mbulk-memory
#include "program.h"

#include <string.h>

enum { SIZE = 1 << 18 };
static uint8_t data[SIZE];

RUN(int32_t) {
  for (uint32_t i = 0; i < SIZE; i++) data[i] = (uint8_t)(i ^ i >> 8);
  uint32_t random = 521288629, sum = 0;
  for (int32_t i = 0; i < n; i++) {
    uint32_t r = xorshift32(&random), size = 64u << (r >> 28) % 11, from = r % (SIZE - 65536), to = (r >> 7) % (SIZE - 65536);
    __builtin_memmove(data + to, data + from, size);
    if (i % 4 == 3) __builtin_memset(data + from, (int)(r & 255), size / 4);
    sum = rotl32(sum, 5) ^ data[to] ^ data[to + size - 1];
  }
  return (int32_t)sum;
}
