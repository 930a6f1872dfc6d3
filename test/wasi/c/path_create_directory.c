// path_create_directory: below the preopen only, one level at a time.
#include "check.h"

TEST("path_create_directory") {
  __wasi_fd_t fd, limited;
  make_file("file", "");
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_create_directory(root, "dir/sub"));
  OK(__wasi_path_create_directory(root, "dir/slash/"));
  OK(__wasi_path_create_directory(root, "dir/./sub/../dots"));
  WANT(__wasi_path_create_directory(root, "dir"), EXIST);
  WANT(__wasi_path_create_directory(root, "file"), EXIST);
  WANT(__wasi_path_create_directory(root, "."), EXIST, INVAL);
  WANT(__wasi_path_create_directory(root, "missing/sub"), NOENT);
  WANT(__wasi_path_create_directory(root, "file/sub"), NOTDIR);
  WANT(__wasi_path_create_directory(root, ""), NOENT, INVAL);
  WANT(__wasi_path_create_directory(root, "../outside"), NOTCAPABLE, PERM);
  WANT(__wasi_path_create_directory(root, "/outside"), NOTCAPABLE, PERM);
  WANT(__wasi_path_create_directory(NO_FD, "dir2"), BADF);

  OK(open_at(root, "file", 0, READ, &fd));
  WANT(__wasi_path_create_directory(fd, "dir2"), NOTDIR, NOTCAPABLE, BADF);
  OK(__wasi_fd_close(fd));
  OK(open_at(root, "dir", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, &limited));
  WANT(__wasi_path_create_directory(limited, "dir2"), NOTCAPABLE);
  OK(__wasi_fd_close(limited));
  RMDIR("dir/dots");
  RMDIR("dir/slash");
  RMDIR("dir/sub");
  RMDIR("dir");
  UNLINK("file");
}
