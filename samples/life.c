// Conway's game of life on a torus, from a fixed start: pure computation, then one picture.
//   life [GENERATIONS [WIDTH HEIGHT]]
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CELLS = 1 << 20 };
static uint8_t cells[MAX_CELLS], next[MAX_CELLS];

static void step(int width, int height) {
  for (int y = 0; y < height; y++) {
    const uint8_t *up = cells + (y + height - 1) % height * width;
    const uint8_t *row = cells + y * width;
    const uint8_t *down = cells + (y + 1) % height * width;
    for (int x = 0; x < width; x++) {
      int left = (x + width - 1) % width, right = (x + 1) % width;
      int around = up[left] + up[x] + up[right] + row[left] + row[right] + down[left] + down[x] + down[right];
      next[y * width + x] = around == 3 || (around == 2 && row[x]);
    }
  }
  memcpy(cells, next, (size_t)width * height);
}

int main(int argc, char **argv) {
  long generations = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
  int width = argc > 3 ? atoi(argv[2]) : 64, height = argc > 3 ? atoi(argv[3]) : 24;
  if (generations < 0 || width < 3 || height < 3 || width > MAX_CELLS / height) {
    fprintf(stderr, "usage: life [GENERATIONS [WIDTH HEIGHT]], at least 3 x 3 and at most %d cells\n", MAX_CELLS);
    return 2;
  }
  uint32_t random = 2463534242u;
  for (int i = 0; i < width * height; i++) {
    random ^= random << 13, random ^= random >> 17, random ^= random << 5;
    cells[i] = random % 3 == 0;
  }
  for (long g = 0; g < generations; g++) step(width, height);

  int alive = 0;
  for (int i = 0; i < width * height; i++) alive += cells[i];
  for (int y = 0; y < height && width <= 160; y++) {
    for (int x = 0; x < width; x++) putchar(cells[y * width + x] ? '#' : '.');
    putchar('\n');
  }
  printf("%d alive after %ld generations\n", alive, generations);
  return 0;
}
