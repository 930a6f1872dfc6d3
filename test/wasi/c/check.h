// What every program here uses: it calls the WASI functions directly, compares, and prints either "ok NAME" or what
// differs. No printf: a program stays a few KiB. The directory it may write in is preopened as /fs.
#ifndef TEST_WASI_CHECK_H
#define TEST_WASI_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>

static int failures;
static __wasi_fd_t root; // the preopen /fs; the first preopen when there is none of that name

enum { NO_FD = 0x7ffffff0 };

#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
// Everything that makes sense on a regular file, and on a directory.
#define FILE_RIGHTS                                                                                                        \
  (READ | WRITE | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS |                  \
   __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_ADVISE | __WASI_RIGHTS_FD_ALLOCATE |                   \
   __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES |              \
   __WASI_RIGHTS_POLL_FD_READWRITE)
#define DIRECTORY_RIGHTS                                                                                                   \
  (__WASI_RIGHTS_PATH_CREATE_DIRECTORY | __WASI_RIGHTS_PATH_CREATE_FILE | __WASI_RIGHTS_PATH_LINK_SOURCE |                 \
   __WASI_RIGHTS_PATH_LINK_TARGET | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_PATH_READLINK |     \
   __WASI_RIGHTS_PATH_RENAME_SOURCE | __WASI_RIGHTS_PATH_RENAME_TARGET | __WASI_RIGHTS_PATH_FILESTAT_GET |                 \
   __WASI_RIGHTS_PATH_FILESTAT_SET_SIZE | __WASI_RIGHTS_PATH_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_FILESTAT_GET |          \
   __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_PATH_SYMLINK | __WASI_RIGHTS_PATH_REMOVE_DIRECTORY |                \
   __WASI_RIGHTS_PATH_UNLINK_FILE)

// ---- reporting ----

static inline void print(const char *text) {
  __wasi_ciovec_t piece = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t written;
  if (__wasi_fd_write(1, &piece, 1, &written) != 0) __builtin_trap();
}

static inline void print_number(int64_t n) {
  char digits[24], *at = digits + sizeof digits - 1;
  uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
  *at = 0;
  do *--at = (char)('0' + rest % 10); while (rest /= 10);
  if (n < 0) *--at = '-';
  print(at);
}

static inline void differs(int line, const char *what, const char *expected, int64_t got) {
  failures++;
  print("line "), print_number(line), print(": "), print(what);
  print(": expected "), print(expected), print(", got "), print_number(got), print("\n");
}

static inline void check_same(int line, const char *what, int64_t expected, int64_t got) {
  if (expected == got) return;
  differs(line, what, "", got);
  print("  (expected "), print_number(expected), print(")\n");
}

static inline void check_errno(int line, const char *what, const char *names, __wasi_errno_t got, const int *allowed, int count) {
  for (int i = 0; i < count; i++) {
    if (allowed[i] == got) return;
  }
  differs(line, what, names, got);
}

#define TRUE(condition) ((condition) ? (void)0 : differs(__LINE__, #condition, "true", 0))
#define SAME(expected, actual) check_same(__LINE__, #actual, (int64_t)(expected), (int64_t)(actual))
#define OK(call) check_same(__LINE__, #call, 0, call)
// The call must end in one of these errors: WANT(close(9), BADF), WANT(open(...), PERM, NOTCAPABLE).
#define WANT(call, ...)                                                                                                    \
  check_errno(__LINE__, #call, #__VA_ARGS__, call, (const int[]){WANT_LIST(__VA_ARGS__)}, sizeof((const int[]){WANT_LIST(__VA_ARGS__)}) / sizeof(int))
#define WANT_LIST(...) WANT_PICK(__VA_ARGS__, WANT_5, WANT_4, WANT_3, WANT_2, WANT_1)(__VA_ARGS__)
#define WANT_PICK(a, b, c, d, e, f, ...) f
#define WANT_1(a) __WASI_ERRNO_##a
#define WANT_2(a, b) WANT_1(a), WANT_1(b)
#define WANT_3(a, b, c) WANT_2(a, b), WANT_1(c)
#define WANT_4(a, b, c, d) WANT_3(a, b, c), WANT_1(d)
#define WANT_5(a, b, c, d, e) WANT_4(a, b, c, d), WANT_1(e)

// ---- files ----

static inline void find_root(void) {
  for (__wasi_fd_t fd = 3;; fd++) {
    __wasi_prestat_t stat;
    uint8_t name[64];
    if (__wasi_fd_prestat_get(fd, &stat) != 0) break;
    __wasi_size_t length = stat.u.dir.pr_name_len;
    if (length > sizeof name || __wasi_fd_prestat_dir_name(fd, name, length) != 0) continue;
    if (root == 0 || (length == 3 && memcmp(name, "/fs", 3) == 0)) root = fd;
  }
}

static inline __wasi_errno_t open_at(__wasi_fd_t dir, const char *path, __wasi_oflags_t flags, __wasi_rights_t rights, __wasi_fd_t *fd) {
  *fd = NO_FD;
  return __wasi_path_open(dir, 0, path, flags, rights, FILE_RIGHTS | DIRECTORY_RIGHTS, 0, fd);
}

static inline __wasi_errno_t write_text(__wasi_fd_t fd, const char *text) {
  __wasi_ciovec_t piece = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t written = 0;
  __wasi_errno_t error = __wasi_fd_write(fd, &piece, 1, &written);
  return error ? error : written == piece.buf_len ? 0 : __WASI_ERRNO_IO;
}

static inline __wasi_errno_t read_bytes(__wasi_fd_t fd, void *buffer, __wasi_size_t size, __wasi_size_t *got) {
  __wasi_iovec_t piece = {buffer, size};
  *got = 0;
  return __wasi_fd_read(fd, &piece, 1, got);
}

// A new file with this text, open with every right, positioned at its end.
static inline __wasi_fd_t new_file(const char *path, const char *text) {
  __wasi_fd_t fd;
  OK(open_at(root, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, FILE_RIGHTS, &fd));
  if (*text) OK(write_text(fd, text));
  return fd;
}

static inline void make_file(const char *path, const char *text) { OK(__wasi_fd_close(new_file(path, text))); }

static inline __wasi_fd_t open_directory(const char *path) {
  __wasi_fd_t fd;
  OK(open_at(root, path, __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &fd));
  return fd;
}

static inline __wasi_filesize_t size_of(__wasi_fd_t fd) {
  __wasi_filestat_t stat = {0};
  OK(__wasi_fd_filestat_get(fd, &stat));
  return stat.size;
}

// Does the whole file hold exactly this?
static inline int holds(const char *path, const char *text) {
  __wasi_fd_t fd;
  static char buffer[4096];
  __wasi_size_t got = 0, size = strlen(text);
  if (open_at(root, path, 0, READ | __WASI_RIGHTS_FD_SEEK, &fd) != 0) return 0;
  int same = read_bytes(fd, buffer, sizeof buffer, &got) == 0 && got == size && memcmp(buffer, text, size) == 0;
  OK(__wasi_fd_close(fd));
  return same;
}

#define UNLINK(path) OK(__wasi_path_unlink_file(root, path))
#define RMDIR(path) OK(__wasi_path_remove_directory(root, path))

// ---- the program ----

#define TEST(name)                                                                                                         \
  static void test(void);                                                                                                  \
  int main(void) {                                                                                                         \
    find_root();                                                                                                           \
    test();                                                                                                                \
    if (failures == 0) print("ok " name "\n");                                                                             \
    return failures > 0;                                                                                                   \
  }                                                                                                                        \
  static void test(void)

#endif
