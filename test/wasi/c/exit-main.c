// The value main returns is the exit code; what exit handlers print still appears.
#include "check.h"

#include <stdlib.h>

static void last(void) { print("ok exit-main\n"); }

int main(void) {
  atexit(last);
  return 7;
}
