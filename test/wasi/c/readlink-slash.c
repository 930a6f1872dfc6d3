// A slash at the end of a path means the directory that a link leads to, which is no link itself.
#include "check.h"

static __wasi_errno_t readlink_at(const char *path) {
  uint8_t text[16];
  __wasi_size_t bytes;
  return __wasi_path_readlink(root, path, text, sizeof text, &bytes);
}

TEST("readlink-slash") {
  make_file("file", "");
  OK(__wasi_path_create_directory(root, "folder"));
  OK(__wasi_path_symlink("folder", root, "to-folder"));
  OK(__wasi_path_symlink("file", root, "to-file"));
  OK(__wasi_path_symlink("nothing", root, "to-nothing"));
  OK(__wasi_path_symlink("to-itself", root, "to-itself"));
  OK(readlink_at("to-folder"));
  WANT(readlink_at("to-folder/"), INVAL);
  WANT(readlink_at("folder/"), INVAL);
  WANT(readlink_at("to-file/"), NOTDIR);
  WANT(readlink_at("file/"), NOTDIR);
  WANT(readlink_at("to-nothing/"), NOENT);
  WANT(readlink_at("nothing/"), NOENT);
  WANT(readlink_at("to-itself/"), LOOP);
  UNLINK("file"), UNLINK("to-folder"), UNLINK("to-file"), UNLINK("to-nothing"), UNLINK("to-itself");
  OK(__wasi_path_remove_directory(root, "folder"));
}
