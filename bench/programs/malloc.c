// malloc, free and realloc of wasi-libc: n operations on 1024 slots, sizes 8 to 4096 bytes, mostly small.
#include "program.h"

#include <stdlib.h>

enum { SLOTS = 1024 };
static uint32_t *slots[SLOTS];
static uint32_t sizes[SLOTS];

RUN(int32_t) {
  uint32_t random = 362436069, sum = 0;
  for (int32_t i = 0; i < n; i++) {
    uint32_t r = xorshift32(&random), at = r % SLOTS;
    uint32_t size = 8 + (r >> 10) % ((r & 0x70000000) ? 120 : 4088);
    if (slots[at] && r & 1u << 31) {
      uint32_t *moved = realloc(slots[at], size);
      if (!moved) return -1;
      sum += moved[0];
      slots[at] = moved;
    } else if (slots[at]) {
      sum = sum * 31 + slots[at][0] + sizes[at];
      free(slots[at]);
      slots[at] = NULL;
      continue;
    } else if (!(slots[at] = malloc(size))) {
      return -1;
    }
    slots[at][0] = r;
    sizes[at] = size;
  }
  for (int i = 0; i < SLOTS; i++) {
    free(slots[i]);
    slots[i] = NULL;
  }
  return (int32_t)sum;
}
