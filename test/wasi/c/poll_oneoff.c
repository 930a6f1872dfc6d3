// poll_oneoff: clocks relative and absolute, files and streams that are ready, errors in events.
#include "check.h"

static __wasi_timestamp_t now(void) {
  __wasi_timestamp_t t = 0;
  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &t));
  return t;
}

static __wasi_subscription_t clock_in(__wasi_clockid_t id, __wasi_timestamp_t timeout, int absolute, __wasi_userdata_t data) {
  __wasi_subscription_t s = {.userdata = data, .u.tag = __WASI_EVENTTYPE_CLOCK};
  s.u.u.clock.id = id;
  s.u.u.clock.timeout = timeout;
  s.u.u.clock.flags = absolute ? __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME : 0;
  return s;
}

static __wasi_subscription_t stream(__wasi_eventtype_t type, __wasi_fd_t fd, __wasi_userdata_t data) {
  __wasi_subscription_t s = {.userdata = data, .u.tag = type};
  s.u.u.fd_read.file_descriptor = fd;
  return s;
}

static void clocks(void) {
  const __wasi_timestamp_t ms = 1000000;
  __wasi_subscription_t in[2];
  __wasi_event_t out[2];
  __wasi_size_t count = 9;
  __wasi_timestamp_t start = now();
  in[0] = clock_in(__WASI_CLOCKID_MONOTONIC, 20 * ms, 0, 0x1122334455667788);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  TRUE(now() - start >= 20 * ms);
  SAME(1, count);
  SAME(0x1122334455667788, out[0].userdata);
  SAME(0, out[0].error);
  SAME(__WASI_EVENTTYPE_CLOCK, out[0].type);

  start = now();
  in[0] = clock_in(__WASI_CLOCKID_MONOTONIC, start + 20 * ms, 1, 1);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  TRUE(now() - start >= 20 * ms && now() - start < 2000 * ms);
  SAME(1, count);

  start = now();
  in[0] = clock_in(__WASI_CLOCKID_MONOTONIC, start - ms, 1, 1); // over already
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  TRUE(now() - start < 1000 * ms);

  __wasi_timestamp_t wall;
  OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &wall));
  start = now();
  in[0] = clock_in(__WASI_CLOCKID_REALTIME, wall + 20 * ms, 1, 1);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  TRUE(now() - start >= 15 * ms && now() - start < 2000 * ms);

  start = now();
  in[0] = clock_in(__WASI_CLOCKID_MONOTONIC, 3600000 * ms, 0, 1); // the sooner of two
  in[1] = clock_in(__WASI_CLOCKID_MONOTONIC, 10 * ms, 0, 2);
  OK(__wasi_poll_oneoff(in, out, 2, &count));
  TRUE(now() - start < 2000 * ms);
  SAME(1, count);
  SAME(2, out[0].userdata);

  in[0] = clock_in(99, ms, 0, 1); // no such clock
  __wasi_errno_t error = __wasi_poll_oneoff(in, out, 1, &count);
  WANT(error, SUCCESS, INVAL, NOTSUP);
  if (error == 0) WANT(out[0].error, INVAL, NOTSUP);
}

static void files(void) {
  __wasi_subscription_t in[3];
  __wasi_event_t out[3];
  __wasi_size_t count = 9;
  __wasi_filesize_t at;
  __wasi_fd_t fd = new_file("file", "12345");
  OK(__wasi_fd_seek(fd, 2, __WASI_WHENCE_SET, &at));
  in[0] = stream(__WASI_EVENTTYPE_FD_READ, fd, 10);
  in[1] = stream(__WASI_EVENTTYPE_FD_WRITE, fd, 11);
  in[2] = clock_in(__WASI_CLOCKID_MONOTONIC, 3600000000000000, 0, 12);
  OK(__wasi_poll_oneoff(in, out, 3, &count));
  TRUE(count == 1 || count == 2); // a file is always ready; one event is enough
  for (__wasi_size_t i = 0; i < count && i < 3; i++) {
    TRUE(out[i].userdata == 10 || out[i].userdata == 11);
    SAME(0, out[i].error);
    SAME(out[i].userdata == 10 ? __WASI_EVENTTYPE_FD_READ : __WASI_EVENTTYPE_FD_WRITE, out[i].type);
  }

  in[0] = stream(__WASI_EVENTTYPE_FD_WRITE, 1, 20);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  SAME(1, count);
  SAME(20, out[0].userdata);
  SAME(0, out[0].error);

  in[0] = stream(__WASI_EVENTTYPE_FD_READ, NO_FD, 30);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  SAME(1, count);
  SAME(30, out[0].userdata);
  SAME(__WASI_ERRNO_BADF, out[0].error);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ, &fd)); // without the right to wait
  in[0] = stream(__WASI_EVENTTYPE_FD_READ, fd, 40);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  SAME(1, count);
  SAME(__WASI_ERRNO_NOTCAPABLE, out[0].error);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}

TEST("poll_oneoff") {
  __wasi_subscription_t in = {0};
  __wasi_event_t out;
  __wasi_size_t count = 9;
  clocks();
  files();
  WANT(__wasi_poll_oneoff(&in, &out, 0, &count), INVAL);
}
