// fd_renumber: the target is closed and takes the source's place; the source is gone.
#include "check.h"

TEST("fd_renumber") {
  __wasi_fd_t a = new_file("a", "first"), b = new_file("b", "second one");
  __wasi_filesize_t at;
  SAME(10, size_of(b));
  OK(__wasi_fd_renumber(a, b));
  SAME(5, size_of(b));
  OK(__wasi_fd_tell(b, &at));
  SAME(5, at);
  WANT(__wasi_fd_close(a), BADF);
  WANT(__wasi_fd_renumber(b, a), BADF); // only onto an open descriptor
  WANT(__wasi_fd_renumber(NO_FD, b), BADF);
  WANT(__wasi_fd_renumber(b, NO_FD), BADF);
  SAME(5, size_of(b));
  OK(__wasi_fd_renumber(b, b));
  SAME(5, size_of(b));
  OK(__wasi_fd_close(b));
  UNLINK("a");
  UNLINK("b");
}
