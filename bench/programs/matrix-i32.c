// i32 multiply-add over memory: products of 128 x 128 matrices modulo 2^32, three loops in the order i, k, j. n products.
#include "program.h"

enum { SIDE = 128 };
static uint32_t a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];

static void multiply(uint32_t to[SIDE][SIDE], uint32_t from[SIDE][SIDE]) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) to[i][j] = 0;
    for (int k = 0; k < SIDE; k++) {
      uint32_t factor = b[i][k];
      for (int j = 0; j < SIDE; j++) to[i][j] += factor * from[k][j];
    }
  }
}

RUN(int32_t) {
  for (uint32_t i = 0; i < SIDE * SIDE; i++) {
    a[i / SIDE][i % SIDE] = i * 2654435761u >> 16;
    b[i / SIDE][i % SIDE] = i * 40503u >> 8;
  }
  for (int32_t round = 0; round < n; round++) multiply(round & 1 ? a : c, round & 1 ? c : a);
  uint32_t sum = 0;
  for (int i = 0; i < SIDE * SIDE; i++) sum = rotl32(sum, 1) ^ (n & 1 ? c : a)[i / SIDE][i % SIDE];
  return (int32_t)sum;
}
