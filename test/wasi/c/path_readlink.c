// path_readlink: the text of the link, cut to the buffer, without a NUL.
#include "check.h"

TEST("path_readlink") {
  uint8_t text[16];
  __wasi_size_t used = 99;
  make_file("file", "");
  OK(__wasi_path_symlink("some/target", root, "link"));
  memset(text, 'x', sizeof text);
  OK(__wasi_path_readlink(root, "link", text, sizeof text, &used));
  SAME(11, used);
  SAME(0, memcmp(text, "some/targetxxxxx", 16));
  memset(text, 'x', sizeof text);
  OK(__wasi_path_readlink(root, "link", text, 4, &used));
  SAME(4, used);
  SAME(0, memcmp(text, "somexx", 6));
  WANT(__wasi_path_readlink(root, "file", text, sizeof text, &used), INVAL);
  WANT(__wasi_path_readlink(root, ".", text, sizeof text, &used), INVAL);
  WANT(__wasi_path_readlink(root, "missing", text, sizeof text, &used), NOENT);
  WANT(__wasi_path_readlink(root, "../link", text, sizeof text, &used), NOTCAPABLE, PERM);
  WANT(__wasi_path_readlink(NO_FD, "link", text, sizeof text, &used), BADF);
  UNLINK("link");
  UNLINK("file");
}
