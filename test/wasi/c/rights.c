// Rights are inherited and only ever fewer: a directory without a right refuses its call, and so do files opened in it.
#include "check.h"

static __wasi_fd_t without(__wasi_rights_t base, __wasi_rights_t inheriting) {
  __wasi_fd_t fd = NO_FD;
  OK(__wasi_path_open(root, 0, "dir", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS & ~base, (DIRECTORY_RIGHTS | FILE_RIGHTS) & ~inheriting, 0, &fd));
  return fd;
}

#define REFUSED(right, call)                                                                                               \
  do {                                                                                                                     \
    __wasi_fd_t dir = without(__WASI_RIGHTS_##right, 0);                                                                   \
    WANT(call, NOTCAPABLE);                                                                                                \
    OK(__wasi_fd_close(dir));                                                                                              \
  } while (0)

TEST("rights") {
  __wasi_filestat_t stat;
  __wasi_fdstat_t fdstat;
  __wasi_fd_t fd, limited;
  __wasi_size_t used;
  uint8_t buffer[256];
  OK(__wasi_path_create_directory(root, "dir"));
  make_file("dir/file", "12345");
  REFUSED(PATH_CREATE_DIRECTORY, __wasi_path_create_directory(dir, "new"));
  REFUSED(PATH_CREATE_FILE, open_at(dir, "new", __WASI_OFLAGS_CREAT, READ, &fd));
  REFUSED(PATH_OPEN, open_at(dir, "file", 0, READ, &fd));
  REFUSED(PATH_FILESTAT_SET_SIZE, open_at(dir, "file", __WASI_OFLAGS_TRUNC, READ, &fd));
  REFUSED(PATH_LINK_SOURCE, __wasi_path_link(dir, 0, "file", root, "new"));
  REFUSED(PATH_LINK_TARGET, __wasi_path_link(root, 0, "dir/file", dir, "new"));
  REFUSED(FD_READDIR, __wasi_fd_readdir(dir, buffer, sizeof buffer, 0, &used));
  REFUSED(PATH_READLINK, __wasi_path_readlink(dir, "file", buffer, sizeof buffer, &used));
  REFUSED(PATH_RENAME_SOURCE, __wasi_path_rename(dir, "file", root, "new"));
  REFUSED(PATH_RENAME_TARGET, __wasi_path_rename(root, "dir/file", dir, "new"));
  REFUSED(PATH_FILESTAT_GET, __wasi_path_filestat_get(dir, 0, "file", &stat));
  REFUSED(PATH_FILESTAT_SET_TIMES, __wasi_path_filestat_set_times(dir, 0, "file", 0, 0, __WASI_FSTFLAGS_ATIM));
  REFUSED(PATH_SYMLINK, __wasi_path_symlink("x", dir, "new"));
  REFUSED(PATH_REMOVE_DIRECTORY, __wasi_path_remove_directory(dir, "file"));
  REFUSED(PATH_UNLINK_FILE, __wasi_path_unlink_file(dir, "file"));
  REFUSED(FD_FILESTAT_GET, __wasi_fd_filestat_get(dir, &stat));

  // What a directory does not pass on, a file below it does not get: refused at once, or opened without.
  limited = without(0, WRITE);
  __wasi_errno_t error = open_at(limited, "file", 0, READ | WRITE, &fd);
  WANT(error, SUCCESS, NOTCAPABLE);
  if (error == 0) {
    OK(__wasi_fd_fdstat_get(fd, &fdstat));
    SAME(0, fdstat.fs_rights_base & WRITE);
    WANT(write_text(fd, "x"), NOTCAPABLE);
    OK(__wasi_fd_close(fd));
  }
  OK(__wasi_path_open(limited, 0, "file", 0, READ, 0, 0, &fd));
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_close(limited));
  TRUE(holds("dir/file", "12345"));
  UNLINK("dir/file");
  RMDIR("dir");
}
