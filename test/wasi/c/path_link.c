// path_link: a second name for the same file; never over something, never for a directory, never to the outside.
#include "check.h"

TEST("path_link") {
  __wasi_filestat_t stat, other;
  make_file("file", "12345");
  OK(__wasi_path_create_directory(root, "dir"));
  OK(__wasi_path_link(root, 0, "file", root, "dir/second"));
  OK(__wasi_path_filestat_get(root, 0, "file", &stat));
  OK(__wasi_path_filestat_get(root, 0, "dir/second", &other));
  SAME(stat.ino, other.ino);
  SAME(2, other.nlink);
  UNLINK("file");
  TRUE(holds("dir/second", "12345"));
  OK(__wasi_path_filestat_get(root, 0, "dir/second", &other));
  SAME(1, other.nlink);

  WANT(__wasi_path_link(root, 0, "dir/second", root, "dir/second"), EXIST);
  WANT(__wasi_path_link(root, 0, "dir/second", root, "dir"), EXIST);
  WANT(__wasi_path_link(root, 0, "dir", root, "dir2"), PERM, ACCES, ISDIR);
  WANT(__wasi_path_link(root, 0, "missing", root, "third"), NOENT);
  WANT(__wasi_path_link(root, 0, "dir/second", root, "missing/third"), NOENT);
  WANT(__wasi_path_link(root, 0, "dir/second", root, "third/"), NOENT, NOTDIR);
  WANT(__wasi_path_link(root, 0, "dir/second", root, "../third"), NOTCAPABLE, PERM);
  WANT(__wasi_path_link(root, 0, "../anything", root, "third"), NOTCAPABLE, PERM);
  WANT(__wasi_path_link(root, 0, "dir/second", root, "/third"), NOTCAPABLE, PERM);
  WANT(__wasi_path_link(NO_FD, 0, "dir/second", root, "third"), BADF);
  WANT(__wasi_path_link(root, 0, "dir/second", NO_FD, "third"), BADF);

  // A link is linked itself; following it is not supported, or follows.
  OK(__wasi_path_symlink("dir/second", root, "link"));
  OK(__wasi_path_link(root, 0, "link", root, "link2"));
  OK(__wasi_path_filestat_get(root, 0, "link2", &other));
  SAME(__WASI_FILETYPE_SYMBOLIC_LINK, other.filetype);
  __wasi_errno_t followed = __wasi_path_link(root, FOLLOW, "link", root, "third");
  WANT(followed, SUCCESS, INVAL, NOTSUP);
  if (followed == 0) {
    OK(__wasi_path_filestat_get(root, 0, "third", &other));
    SAME(__WASI_FILETYPE_REGULAR_FILE, other.filetype);
    UNLINK("third");
  }
  UNLINK("link");
  UNLINK("link2");
  UNLINK("dir/second");
  RMDIR("dir");
}
