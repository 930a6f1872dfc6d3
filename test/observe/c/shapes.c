// flags: -g -O1 -fno-inline
// A program whose profile, coverage and core dump are known: it computes areas, and crashes if it is told to.
#include <string.h>
#include <unistd.h>

static volatile int factor = 3;

static int square(int side) {
  int area = 0;
  for (int i = 0; i < side; i++) area += side * factor;
  return area;
}

static int never(int side) {
  write(1, "never\n", 6);
  return side;
}

static int crash(int depth) {
  if (depth > 0) return crash(depth - 1) + factor;
  __builtin_trap();
}

int main(int argc, char **argv) {
  int sum = 0;
  for (int i = 1; i < 4; i++) sum += square(i * 10);
  if (argc > 5) sum += never(argc);
  if (argc > 1 && strcmp(argv[1], "crash") == 0) return crash(2);
  write(1, "done\n", 5);
  return sum == 4200 ? 0 : 1;
}
