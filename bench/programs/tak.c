// Recursive calls, three arguments, four calls deep in one expression: Takeuchi's function.
#include "program.h"

static int32_t tak(int32_t x, int32_t y, int32_t z) {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

RUN(int32_t) {
  int32_t sum = 0;
  for (int32_t i = 0; i < n; i++) sum += tak(14 + i % 3, 9, 4);
  return sum;
}
