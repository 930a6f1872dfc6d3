// Draws the Mandelbrot set with characters, its rows in several threads: usage: mandelbrot [threads] [iterations].
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH 72
#define HEIGHT 28
#define MOST_THREADS 64

static char rows[HEIGHT][WIDTH + 1];
static int next_row;
static int iterations;

static char pixel(double x, double y) {
  double re = 0, im = 0;
  int k = 0;
  for (; k < iterations && re * re + im * im < 4; k++) {
    double t = re * re - im * im + x;
    im = 2 * re * im + y;
    re = t;
  }
  if (k == iterations) return '#';
  return " .:-=+*%"[k * 8 / iterations];
}

static void *draw(void *unused) {
  (void)unused;
  for (;;) {
    int row = __atomic_fetch_add(&next_row, 1, __ATOMIC_SEQ_CST);
    if (row >= HEIGHT) return 0;
    for (int column = 0; column < WIDTH; column++) {
      rows[row][column] = pixel(-2.2 + 3.2 * column / WIDTH, -1.2 + 2.4 * row / HEIGHT);
    }
  }
}

int main(int argc, char **argv) {
  pthread_t threads[MOST_THREADS];
  int wanted = argc > 1 ? atoi(argv[1]) : 2, started = 0;
  iterations = argc > 2 ? atoi(argv[2]) : 200;
  if (wanted > MOST_THREADS) wanted = MOST_THREADS;
  while (started < wanted && pthread_create(&threads[started], 0, draw, 0) == 0) started++;
  if (started == 0) draw(0);
  for (int i = 0; i < started; i++) pthread_join(threads[i], 0);
  for (int row = 0; row < HEIGHT; row++) puts(rows[row]);
  return 0;
}
