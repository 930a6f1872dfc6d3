// Without a grant there is no file: no descriptor beyond the standard streams, and libc says so.
#include "check.h"

#include <errno.h>
#include <fcntl.h>

TEST("no-preopens") {
  __wasi_prestat_t prestat;
  __wasi_fd_t fd;
  WANT(__wasi_fd_prestat_get(3, &prestat), BADF);
  for (__wasi_fd_t dir = 0; dir < 20; dir++) {
    WANT(__wasi_path_open(dir, 0, ".", __WASI_OFLAGS_DIRECTORY, READ, 0, 0, &fd), BADF, NOTDIR, NOTCAPABLE);
  }
  errno = 0;
  SAME(-1, open("/etc/passwd", O_RDONLY));
  TRUE(errno == ENOENT || errno == ENOTCAPABLE);
  SAME(-1, open("file", O_CREAT | O_WRONLY, 0666));
}
