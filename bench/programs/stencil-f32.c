// f32 arithmetic: heat spreading over a 96 x 96 plate, n steps.
#include "program.h"

enum { SIDE = 96 };
static float plate[2][SIDE][SIDE];

RUN(double) {
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) plate[0][y][x] = plate[1][y][x] = (float)((x * 7 + y * 13) % 32) * 0.125f;
  }
  for (int step = 0; step < n; step++) {
    float(*from)[SIDE] = plate[step & 1], (*to)[SIDE] = plate[~step & 1];
    for (int y = 1; y < SIDE - 1; y++) {
      for (int x = 1; x < SIDE - 1; x++) {
        float around = from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1];
        to[y][x] = from[y][x] * 0.5f + around * 0.125f;
      }
    }
  }
  double heat = 0;
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) heat += plate[n & 1][y][x] * (x + 1);
  }
  return heat;
}
