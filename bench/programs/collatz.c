// i32 loops with a data-dependent branch: the longest of n Collatz sequences. None from below 150000 leaves 32 bits.
#include "program.h"

RUN(int32_t) {
  uint32_t best = 0, longest = 0;
  for (uint32_t i = 0; i < (uint32_t)n; i++) {
    uint32_t start = 1 + i % 149999, steps = 0;
    for (uint32_t x = start; x != 1; steps++) x = x & 1 ? 3 * x + 1 : x / 2;
    if (steps > longest) longest = steps, best = start;
  }
  return (int32_t)(best * 1000 + longest);
}
