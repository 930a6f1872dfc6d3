// call_indirect: n calls through a table of eight functions of two types, chosen by data.
#include "program.h"

typedef uint32_t (*Unary)(uint32_t);
typedef uint32_t (*Binary)(uint32_t, uint32_t);

static uint32_t increment(uint32_t x) { return x + 1; }
static uint32_t invert(uint32_t x) { return ~x; }
static uint32_t spread(uint32_t x) { return x * 2654435761u; }
static uint32_t fold(uint32_t x) { return x ^ x >> 15; }
static uint32_t sum(uint32_t x, uint32_t y) { return x + y; }
static uint32_t difference(uint32_t x, uint32_t y) { return x - y; }
static uint32_t exclusive(uint32_t x, uint32_t y) { return x ^ y; }
static uint32_t rotated(uint32_t x, uint32_t y) { return rotl32(x, y & 31 ? (int)(y & 31) : 1); }

static Unary volatile unary[] = {increment, invert, spread, fold};
static Binary volatile binary[] = {sum, difference, exclusive, rotated};

RUN(int32_t) {
  uint32_t x = 1, y = 0x6d2b79f5;
  for (int32_t i = 0; i < n; i += 2) {
    y = unary[x & 3](y);
    x = binary[y >> 7 & 3](x, y);
  }
  return (int32_t)(x ^ y);
}
