// Chains of links: a few are followed, endless ones end in LOOP, in the middle of a path too.
#include "check.h"

TEST("symlink-loop") {
  __wasi_filestat_t stat;
  __wasi_fd_t fd;
  char from[] = "l0", to[] = "l0";
  make_file("l0", "12345");
  for (char i = '1'; i <= '8'; i++) {
    from[1] = (char)(i - 1), to[1] = i;
    OK(__wasi_path_symlink(from, root, to));
  }
  OK(__wasi_path_filestat_get(root, FOLLOW, "l8", &stat));
  SAME(5, stat.size);
  SAME(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);

  OK(__wasi_path_symlink("self", root, "self"));
  OK(__wasi_path_symlink("pong", root, "ping"));
  OK(__wasi_path_symlink("./ping", root, "pong"));
  OK(__wasi_path_symlink("grow/x", root, "grow"));
  static const char *const endless[] = {"self", "ping", "pong", "self/x", "ping/x/y", "grow", "grow/y"};
  for (unsigned i = 0; i < sizeof endless / sizeof *endless; i++) {
    WANT(__wasi_path_open(root, FOLLOW, endless[i], 0, READ, 0, 0, &fd), LOOP, NAMETOOLONG);
    WANT(__wasi_path_filestat_get(root, FOLLOW, endless[i], &stat), LOOP, NAMETOOLONG);
  }
  WANT(open_at(root, "self", 0, READ, &fd), LOOP);
  OK(__wasi_path_filestat_get(root, 0, "self", &stat));
  SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat.filetype);
  for (char i = '0'; i <= '8'; i++) {
    to[1] = i;
    UNLINK(to);
  }
  UNLINK("self");
  UNLINK("ping");
  UNLINK("pong");
  UNLINK("grow");
}
