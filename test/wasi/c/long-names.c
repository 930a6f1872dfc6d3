// Long names: 255 bytes are fine, more are NAMETOOLONG, and a path of a hundred thousand bytes harms nothing.
#include "check.h"

static char name[100001];

TEST("long-names") {
  __wasi_filestat_t stat;
  __wasi_fd_t fd;
  memset(name, 'n', 255);
  make_file(name, "12345");
  OK(__wasi_path_filestat_get(root, 0, name, &stat));
  UNLINK(name);

  memset(name, 'n', 256);
  WANT(open_at(root, name, __WASI_OFLAGS_CREAT, FILE_RIGHTS, &fd), NAMETOOLONG);
  WANT(__wasi_path_create_directory(root, name), NAMETOOLONG);
  WANT(__wasi_path_symlink("x", root, name), NAMETOOLONG);
  WANT(__wasi_path_filestat_get(root, 0, name, &stat), NAMETOOLONG, NOENT);

  for (size_t i = 0; i < sizeof name - 1; i += 2) memcpy(name + i, "a/", 2);
  WANT(open_at(root, name, 0, READ, &fd), NAMETOOLONG, NOENT);
  WANT(__wasi_path_create_directory(root, name), NAMETOOLONG, NOENT);
  memset(name, 'n', sizeof name - 1);
  WANT(open_at(root, name, 0, READ, &fd), NAMETOOLONG);
  WANT(__wasi_path_symlink(name, root, "link"), NAMETOOLONG, INVAL);
}
