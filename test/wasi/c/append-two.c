// Two descriptors of one file have positions of their own; with APPEND each write goes to the end all the same.
#include "check.h"

TEST("append-two") {
  __wasi_fd_t a, b;
  make_file("log", "");
  OK(__wasi_path_open(root, 0, "log", 0, WRITE, 0, __WASI_FDFLAGS_APPEND, &a));
  OK(__wasi_path_open(root, 0, "log", 0, WRITE, 0, __WASI_FDFLAGS_APPEND, &b));
  OK(write_text(a, "one "));
  OK(write_text(b, "two "));
  OK(write_text(a, "three"));
  TRUE(holds("log", "one two three"));
  OK(__wasi_fd_close(a));
  OK(__wasi_fd_close(b));
  OK(open_at(root, "log", 0, FILE_RIGHTS, &a));
  OK(open_at(root, "log", 0, FILE_RIGHTS, &b));
  OK(write_text(a, "ONE"));
  OK(write_text(b, "1"));
  TRUE(holds("log", "1NE two three"));
  OK(__wasi_fd_close(a));
  OK(__wasi_fd_close(b));
  UNLINK("log");
}
