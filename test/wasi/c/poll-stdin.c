// poll_oneoff on standard input: ready while there is something to read, and at its end.
#include "check.h"

static void wait_for_input(void) {
  __wasi_subscription_t in[2] = {{.userdata = 1, .u.tag = __WASI_EVENTTYPE_FD_READ}, {.userdata = 2, .u.tag = __WASI_EVENTTYPE_CLOCK}};
  __wasi_event_t out[2];
  __wasi_size_t count = 0;
  in[0].u.u.fd_read.file_descriptor = 0;
  in[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  in[1].u.u.clock.timeout = 5000000000;
  OK(__wasi_poll_oneoff(in, out, 2, &count));
  TRUE(count >= 1);
  SAME(1, out[0].userdata);
  SAME(0, out[0].error);
  SAME(__WASI_EVENTTYPE_FD_READ, out[0].type);
}

TEST("poll-stdin") {
  char text[16];
  __wasi_size_t got, total = 0;
  do {
    wait_for_input();
    OK(read_bytes(0, text + total, sizeof text - total, &got));
    total += got;
  } while (got > 0 && failures == 0);
  SAME(5, total);
  SAME(0, memcmp(text, "ready", 5));
}
