// fd_readdir: every entry once, whatever the buffer's size; cookies resume; cut entries are cut where the buffer ends.
#include "check.h"

enum { FILES = 40, HEAD = sizeof(__wasi_dirent_t) };

static char name[] = "entry-00";
static const char *file_name(int i) {
  name[6] = (char)('0' + i / 10), name[7] = (char)('0' + i % 10);
  return name;
}

// Reads the directory with a buffer of this size; how often each file was seen, and the two dots.
static void list(__wasi_fd_t directory, __wasi_size_t size, int seen[FILES + 3]) {
  static uint8_t buffer[4096];
  __wasi_dircookie_t cookie = __WASI_DIRCOOKIE_START;
  memset(seen, 0, (FILES + 3) * sizeof *seen);
  for (int round = 0; round < 200; round++) {
    __wasi_size_t used = 0, at = 0;
    OK(__wasi_fd_readdir(directory, buffer, size, cookie, &used));
    TRUE(used <= size);
    while (at + HEAD <= used) {
      __wasi_dirent_t entry;
      memcpy(&entry, buffer + at, HEAD);
      if (at + HEAD + entry.d_namlen > used) break;
      const char *text = (const char *)buffer + at + HEAD;
      int which = FILES + 2;
      if (entry.d_namlen == 8 && memcmp(text, "entry-", 6) == 0) which = (text[6] - '0') * 10 + text[7] - '0';
      if (text[0] == '.' && entry.d_namlen <= 2) which = FILES + (int)entry.d_namlen - 1;
      if (which < FILES) SAME(__WASI_FILETYPE_REGULAR_FILE, entry.d_type);
      else SAME(__WASI_FILETYPE_DIRECTORY, entry.d_type);
      if (which <= FILES + 2 && which >= 0) seen[which]++;
      cookie = entry.d_next;
      at += HEAD + entry.d_namlen;
    }
    if (used < size) return;
  }
  TRUE(!"the end of the directory is never reported");
}

TEST("fd_readdir") {
  int seen[FILES + 3];
  OK(__wasi_path_create_directory(root, "dir"));
  __wasi_fd_t directory = open_directory("dir"), sub;
  list(directory, 4096, seen);
  SAME(1, seen[FILES]);     // .
  SAME(1, seen[FILES + 1]); // ..
  SAME(0, seen[FILES + 2]);

  for (int i = 0; i < FILES; i++) {
    __wasi_fd_t fd;
    OK(open_at(directory, file_name(i), __WASI_OFLAGS_CREAT, FILE_RIGHTS, &fd));
    OK(__wasi_fd_close(fd));
  }
  OK(__wasi_path_create_directory(directory, "sub"));
  static const __wasi_size_t sizes[] = {4096, 33, 40, 64, 100, 1000};
  for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    list(directory, sizes[s], seen);
    for (int i = 0; i < FILES + 3; i++) SAME(1, seen[i]);
  }

  // The inode is the file's own.
  uint8_t buffer[HEAD + 16];
  __wasi_size_t used;
  __wasi_dirent_t entry;
  __wasi_filestat_t stat;
  sub = open_directory("dir/sub");
  OK(__wasi_fd_readdir(sub, buffer, sizeof buffer, __WASI_DIRCOOKIE_START, &used));
  memcpy(&entry, buffer, HEAD);
  OK(__wasi_fd_filestat_get(sub, &stat));
  SAME(1, entry.d_namlen);
  SAME(stat.ino, entry.d_ino);
  OK(__wasi_fd_close(sub));

  __wasi_fd_t fd = new_file("file", "");
  WANT(__wasi_fd_readdir(fd, buffer, sizeof buffer, 0, &used), NOTDIR, BADF, NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  WANT(__wasi_fd_readdir(NO_FD, buffer, sizeof buffer, 0, &used), BADF);
  OK(__wasi_fd_close(directory));
  for (int i = 0; i < FILES; i++) {
    char path[] = "dir/entry-00";
    memcpy(path + 4, file_name(i), 8);
    UNLINK(path);
  }
  RMDIR("dir/sub");
  RMDIR("dir");
  UNLINK("file");
}
