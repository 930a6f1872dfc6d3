// proc_exit: ends the program at once with its code; nothing after it runs.
#include "check.h"

static void leave(int depth) {
  if (depth > 0) leave(depth - 1);
  __wasi_proc_exit(42);
}

int main(void) {
  print("ok proc_exit\n");
  leave(3);
  print("still running\n");
  return 1;
}
