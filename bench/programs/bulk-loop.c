// The same work as loops of loads and stores: wasi-libc's memmove, memset, strlen and memchr, without bulk memory.
#include "program.h"

#include <string.h>

enum { SIZE = 1 << 16 };
static char data[SIZE + 1];

RUN(int32_t) {
  for (uint32_t i = 0; i < SIZE; i++) data[i] = (char)('a' + (i ^ i >> 8) % 25);
  uint32_t random = 521288629, sum = 0;
  for (int32_t i = 0; i < n; i++) {
    uint32_t r = xorshift32(&random), size = 16u << (r >> 28) % 8, from = r % (SIZE - 4096), to = (r >> 7) % (SIZE - 4096);
    memmove(data + to, data + from, size);
    if (i % 4 == 3) memset(data + from, 'a' + (int)(r % 25), size / 4);
    const char *found = memchr(data + from, 'k', size);
    sum = rotl32(sum, 5) + (uint32_t)strlen(data + SIZE - size) + (found ? (uint32_t)(found - data) : 0);
  }
  return (int32_t)sum;
}
