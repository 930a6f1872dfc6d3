// clock_time_get: the wall clock is plausible, the monotonic clock never goes back and does advance.
#include "check.h"

TEST("clock_time_get") {
  const __wasi_timestamp_t year2020 = 1577836800000000000, year2200 = 7258118400000000000;
  __wasi_timestamp_t now = 0, first = 0, last = 0;
  OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &now));
  TRUE(now > year2020 && now < year2200);
  OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 1000000000, &now)); // the precision is advice
  TRUE(now > year2020 && now < year2200);

  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &first));
  last = first;
  for (int i = 0; i < 200000 && (i < 100 || last == first); i++) {
    OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &now));
    TRUE(now >= last);
    last = now;
  }
  TRUE(last > first);

  WANT(__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &now), SUCCESS, INVAL, BADF, NOTSUP);
  WANT(__wasi_clock_time_get(__WASI_CLOCKID_THREAD_CPUTIME_ID, 0, &now), SUCCESS, INVAL, BADF, NOTSUP);
  WANT(__wasi_clock_time_get(4, 0, &now), INVAL);
  WANT(__wasi_clock_time_get(0xffffffff, 0, &now), INVAL);
}
