// Nothing leaves a preopen: every way up and out, by every call that takes a path. The host has put links into /fs that
// a guest may not be able to make: "up" leads to .., "out" to /, "deep" from dir/deep to ../../.., "chain" to up.
#include "check.h"

static void refused(const char *path) {
  __wasi_filestat_t stat;
  __wasi_fd_t fd;
  uint8_t text[8];
  __wasi_size_t used;
  WANT(__wasi_path_open(root, FOLLOW, path, 0, READ, 0, 0, &fd), NOTCAPABLE, PERM);
  WANT(__wasi_path_open(root, FOLLOW, path, __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0, 0, &fd), NOTCAPABLE, PERM);
  WANT(__wasi_path_open(root, FOLLOW, path, __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, 0, &fd), NOTCAPABLE, PERM);
  WANT(__wasi_path_filestat_get(root, FOLLOW, path, &stat), NOTCAPABLE, PERM);
  WANT(__wasi_path_filestat_set_times(root, FOLLOW, path, 0, 0, __WASI_FSTFLAGS_ATIM), NOTCAPABLE, PERM);
  if (strchr(path, '/') == NULL && path[0] != '.') return; // a link itself may be read, renamed, removed
  WANT(__wasi_path_readlink(root, path, text, sizeof text, &used), NOTCAPABLE, PERM);
  WANT(__wasi_path_create_directory(root, path), NOTCAPABLE, PERM);
  WANT(__wasi_path_remove_directory(root, path), NOTCAPABLE, PERM);
  WANT(__wasi_path_unlink_file(root, path), NOTCAPABLE, PERM);
  WANT(__wasi_path_symlink("x", root, path), NOTCAPABLE, PERM);
  WANT(__wasi_path_link(root, 0, "file", root, path), NOTCAPABLE, PERM);
  WANT(__wasi_path_link(root, 0, path, root, "new"), NOTCAPABLE, PERM);
  WANT(__wasi_path_rename(root, "file", root, path), NOTCAPABLE, PERM);
  WANT(__wasi_path_rename(root, path, root, "new"), NOTCAPABLE, PERM);
}

TEST("escape") {
  static const char *const paths[] = {
      "..",          "../x",      "../fs",     "../fs/file",  "dir/../..",    "dir/../../fs/file", "./../x", "dir/.././../x", "/",
      "/fs",         "/fs/file",  "//",        "/etc/passwd", "up/x",         "up/fs/file",        "out/x",  "out/etc/passwd",
      "dir/deep/x",  "chain/x",   "dir/../up/x", "up/../x",   "up",           "out",               "chain",  "dir/deep/..",
  };
  __wasi_fd_t fd, directory;
  make_file("file", "12345");
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
    int before = failures;
    refused(paths[i]);
    if (failures > before) print("  (path "), print(paths[i]), print(")\n");
  }

  // A directory opened below is a root of its own, for its way up too.
  directory = open_directory("dir");
  WANT(open_at(directory, "..", __WASI_OFLAGS_DIRECTORY, READ, &fd), NOTCAPABLE, PERM);
  WANT(open_at(directory, "../file", 0, READ, &fd), NOTCAPABLE, PERM);
  OK(__wasi_fd_close(directory));

  // What stays inside is allowed.
  OK(open_at(root, "dir/../file", 0, READ, &fd));
  OK(__wasi_fd_close(fd));
  OK(open_at(root, "dir/.././dir/..//file", 0, READ, &fd));
  OK(__wasi_fd_close(fd));
  TRUE(holds("file", "12345"));
  UNLINK("file");
}
