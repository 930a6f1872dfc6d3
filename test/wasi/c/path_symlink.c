// path_symlink: any relative text; what it leads to is checked when it is used. Absolute ones may be refused at once.
#include "check.h"

TEST("path_symlink") {
  __wasi_filestat_t stat;
  __wasi_fd_t fd;
  make_file("file", "12345");
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_symlink("../file", root, "dir/link"));
  OK(__wasi_path_open(root, FOLLOW, "dir/link", 0, READ, 0, 0, &fd));
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_symlink("dir", root, "way"));
  OK(__wasi_path_filestat_get(root, FOLLOW, "way/link", &stat));
  SAME(5, stat.size);
  WANT(__wasi_path_symlink("x", root, "file"), EXIST);
  WANT(__wasi_path_symlink("x", root, "dir"), EXIST);
  WANT(__wasi_path_symlink("x", root, "way"), EXIST);
  WANT(__wasi_path_symlink("x", root, "missing/link"), NOENT);
  WANT(__wasi_path_symlink("x", root, "../link"), NOTCAPABLE, PERM);
  WANT(__wasi_path_symlink("x", root, "/link"), NOTCAPABLE, PERM);
  WANT(__wasi_path_symlink("", root, "empty"), NOENT, INVAL);
  WANT(__wasi_path_symlink("x", NO_FD, "link"), BADF);

  __wasi_errno_t absolute = __wasi_path_symlink("/etc", root, "absolute");
  WANT(absolute, SUCCESS, NOTCAPABLE, PERM);
  if (absolute == 0) {
    WANT(__wasi_path_open(root, FOLLOW, "absolute", __WASI_OFLAGS_DIRECTORY, READ, 0, 0, &fd), NOTCAPABLE, PERM);
    UNLINK("absolute");
  }
  UNLINK("way");
  UNLINK("dir/link");
  RMDIR("dir");
  UNLINK("file");
}
