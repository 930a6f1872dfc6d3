// Two preopens, /fs and /other: each is a world of its own, and names the guest sees may be renamed or linked between
// them only where both are the same file system.
#include "check.h"

TEST("two-preopens") {
  __wasi_fd_t other = root + 1, fd;
  uint8_t name[6];
  __wasi_filestat_t stat;
  OK(__wasi_fd_prestat_dir_name(other, name, sizeof name));
  SAME(0, memcmp(name, "/other", 6));
  make_file("file", "12345");
  WANT(__wasi_path_filestat_get(other, 0, "file", &stat), NOENT);
  WANT(open_at(other, "../fs/file", 0, READ, &fd), NOTCAPABLE, PERM);
  WANT(open_at(root, "../other", __WASI_OFLAGS_DIRECTORY, READ, &fd), NOTCAPABLE, PERM);

  __wasi_errno_t linked = __wasi_path_link(root, 0, "file", other, "linked");
  WANT(linked, SUCCESS, XDEV);
  if (linked == 0) OK(__wasi_path_unlink_file(other, "linked"));
  __wasi_errno_t moved = __wasi_path_rename(root, "file", other, "moved");
  WANT(moved, SUCCESS, XDEV);
  if (moved == 0) {
    OK(__wasi_path_filestat_get(other, 0, "moved", &stat));
    SAME(5, stat.size);
    WANT(__wasi_path_filestat_get(root, 0, "file", &stat), NOENT);
    OK(__wasi_path_unlink_file(other, "moved"));
  } else {
    UNLINK("file");
  }
}
