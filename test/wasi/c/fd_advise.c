// fd_advise: every advice is taken, none changes the file; an unknown one is an error.
#include "check.h"

TEST("fd_advise") {
  __wasi_fd_t fd = new_file("file", "12345");
  for (int advice = __WASI_ADVICE_NORMAL; advice <= __WASI_ADVICE_NOREUSE; advice++) {
    OK(__wasi_fd_advise(fd, 0, 5, (__wasi_advice_t)advice));
    OK(__wasi_fd_advise(fd, 100, 0, (__wasi_advice_t)advice));
  }
  SAME(5, size_of(fd));
  WANT(__wasi_fd_advise(fd, 0, 5, 6), INVAL);
  WANT(__wasi_fd_advise(NO_FD, 0, 5, __WASI_ADVICE_NORMAL), BADF);
  OK(__wasi_fd_close(fd));

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_fd_advise(fd, 0, 5, __WASI_ADVICE_NORMAL), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
