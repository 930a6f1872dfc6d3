// fd_filestat_get: size, type, identity and times of open files and directories.
#include "check.h"

TEST("fd_filestat_get") {
  __wasi_fd_t first = new_file("first", "12345"), second = new_file("second", ""), again, directory = open_directory(".");
  __wasi_filestat_t stat, other;
  OK(__wasi_fd_filestat_get(first, &stat));
  SAME(5, stat.size);
  SAME(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
  SAME(1, stat.nlink);
  TRUE(stat.mtim > 1577836800000000000);
  TRUE(stat.atim > 1577836800000000000);
  TRUE(stat.ctim > 1577836800000000000);
  OK(write_text(first, "678"));
  SAME(8, size_of(first));

  OK(open_at(root, "first", 0, READ | __WASI_RIGHTS_FD_FILESTAT_GET, &again));
  OK(__wasi_fd_filestat_get(again, &other));
  SAME(stat.ino, other.ino);
  SAME(stat.dev, other.dev);
  OK(__wasi_fd_filestat_get(second, &other));
  TRUE(stat.ino != other.ino);
  SAME(0, other.size);

  OK(__wasi_fd_filestat_get(directory, &stat));
  SAME(__WASI_FILETYPE_DIRECTORY, stat.filetype);
  for (__wasi_fd_t stream = 0; stream <= 2; stream++) {
    WANT(__wasi_fd_filestat_get(stream, &stat), SUCCESS, NOTCAPABLE);
  }
  WANT(__wasi_fd_filestat_get(NO_FD, &stat), BADF);
  OK(__wasi_fd_close(first));
  OK(__wasi_fd_close(second));
  OK(__wasi_fd_close(again));
  OK(__wasi_fd_close(directory));

  OK(open_at(root, "first", 0, READ, &first));
  WANT(__wasi_fd_filestat_get(first, &stat), NOTCAPABLE);
  OK(__wasi_fd_close(first));
  UNLINK("first");
  UNLINK("second");
}
