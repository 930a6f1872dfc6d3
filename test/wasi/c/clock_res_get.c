// clock_res_get: a positive resolution of at most a second; an unknown clock is an error.
#include "check.h"

TEST("clock_res_get") {
  for (__wasi_clockid_t id = __WASI_CLOCKID_REALTIME; id <= __WASI_CLOCKID_MONOTONIC; id++) {
    __wasi_timestamp_t resolution = 0;
    OK(__wasi_clock_res_get(id, &resolution));
    TRUE(resolution > 0 && resolution <= 1000000000);
  }
  // Clocks of processor time are optional.
  __wasi_timestamp_t resolution = 0;
  WANT(__wasi_clock_res_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, &resolution), SUCCESS, INVAL, BADF, NOTSUP);
  WANT(__wasi_clock_res_get(__WASI_CLOCKID_THREAD_CPUTIME_ID, &resolution), SUCCESS, INVAL, BADF, NOTSUP);
  WANT(__wasi_clock_res_get(4, &resolution), INVAL);
  WANT(__wasi_clock_res_get(0xffffffff, &resolution), INVAL);
}
