// abort() is a trap, not an exit code: what was printed before it remains.
#include "check.h"

#include <stdlib.h>

int main(void) {
  print("before\n");
  abort();
}
