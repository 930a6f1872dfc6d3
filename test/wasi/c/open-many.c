// A guest that never closes anything ends in MFILE, and goes on from there.
#include "check.h"

enum { MANY = 100000 };

TEST("open-many") {
  __wasi_fd_t fd = NO_FD, last = NO_FD;
  __wasi_errno_t error = 0;
  int opened = 0;
  make_file("file", "12345");
  for (; opened < MANY; opened++) {
    error = open_at(root, "file", 0, READ, &fd);
    if (error != 0) break;
    last = fd;
  }
  WANT(error, MFILE, NFILE);
  TRUE(opened >= 10 && opened < MANY);
  OK(__wasi_fd_close(last));
  OK(open_at(root, "file", 0, READ, &fd));
  WANT(open_at(root, "file", 0, READ, &last), MFILE, NFILE);
  UNLINK("file");
}
