// Time through libc: sleeping takes at least as long as asked, the clocks agree with each other.
#include "check.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

static int64_t ns(clockid_t clock) {
  struct timespec t;
  SAME(0, clock_gettime(clock, &t));
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

TEST("libc-time") {
  int64_t start = ns(CLOCK_MONOTONIC), wall = ns(CLOCK_REALTIME);
  struct timespec short_time = {0, 15000000};
  SAME(0, nanosleep(&short_time, NULL));
  TRUE(ns(CLOCK_MONOTONIC) - start >= 15000000);
  SAME(0, usleep(5000));
  TRUE(ns(CLOCK_MONOTONIC) - start >= 20000000);
  TRUE(ns(CLOCK_MONOTONIC) - start < 5000000000);
  TRUE(ns(CLOCK_REALTIME) - wall >= 15000000);
  int64_t seconds = time(NULL) - wall / 1000000000;
  TRUE(seconds >= 0 && seconds <= 5);
  struct pollfd out = {.fd = 1, .events = POLLOUT};
  SAME(1, poll(&out, 1, 1000));
  SAME(POLLOUT, out.revents & POLLOUT);
}
