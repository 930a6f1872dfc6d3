// f64 with square roots and divisions over an array of structs: seven bodies attract each other, n steps.
#include "program.h"

enum { BODIES = 7 };
typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;
static Body bodies[BODIES];

static double energy(void) {
  double sum = 0;
  for (int i = 0; i < BODIES; i++) {
    Body *a = &bodies[i];
    sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
    for (int j = i + 1; j < BODIES; j++) {
      Body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      sum -= a->mass * b->mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

static void advance(double dt) {
  for (int i = 0; i < BODIES; i++) {
    Body *a = &bodies[i];
    for (int j = i + 1; j < BODIES; j++) {
      Body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double pull = dt / (square * __builtin_sqrt(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < BODIES; i++) {
    Body *a = &bodies[i];
    a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
  }
}

RUN(double) {
  uint32_t random = 123456789;
  for (int i = 0; i < BODIES; i++) {
    double *field = &bodies[i].x;
    for (int k = 0; k < 3; k++) field[k] = (double)(xorshift32(&random) % 2000) / 100 - 10;
    for (int k = 3; k < 6; k++) field[k] = (double)(xorshift32(&random) % 200) / 1000 - 0.1;
    bodies[i].mass = 1 + (double)(xorshift32(&random) % 100) / 50;
  }
  for (int step = 0; step < n; step++) advance(0.001);
  return energy() + bodies[0].x;
}
