// sched_yield: always succeeds.
#include "check.h"

#include <sched.h>

TEST("sched_yield") {
  for (int i = 0; i < 100; i++) OK(__wasi_sched_yield());
  SAME(0, sched_yield());
}
