// The older name of the interface, wasi_unstable: the same calls, but whence is numbered differently, and filestat and
// subscription have other layouts. Nothing of libc's start-up runs: that imports the newer name.
// flags: -nostartfiles
#include <stdint.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("wasi_unstable"), import_name(name))) extern
IMPORT("args_sizes_get") int32_t args_sizes_get(uint32_t *count, uint32_t *size);
IMPORT("clock_time_get") int32_t clock_time_get(uint32_t id, uint64_t precision, uint64_t *time);
IMPORT("fd_close") int32_t fd_close(uint32_t fd);
IMPORT("fd_filestat_get") int32_t fd_filestat_get(uint32_t fd, void *stat);
IMPORT("fd_prestat_dir_name") int32_t fd_prestat_dir_name(uint32_t fd, char *name, uint32_t size);
IMPORT("fd_read") int32_t fd_read(uint32_t fd, const void *pieces, uint32_t count, uint32_t *got);
IMPORT("fd_seek") int32_t fd_seek(uint32_t fd, int64_t offset, uint32_t whence, uint64_t *at);
IMPORT("fd_write") int32_t fd_write(uint32_t fd, const void *pieces, uint32_t count, uint32_t *written);
IMPORT("path_filestat_get") int32_t path_filestat_get(uint32_t fd, uint32_t flags, const char *path, uint32_t length, void *stat);
IMPORT("path_open")
int32_t path_open(uint32_t dir, uint32_t dirflags, const char *path, uint32_t length, uint32_t oflags, uint64_t base, uint64_t inheriting,
                  uint32_t flags, uint32_t *fd);
IMPORT("path_unlink_file") int32_t path_unlink_file(uint32_t fd, const char *path, uint32_t length);
IMPORT("poll_oneoff") int32_t poll_oneoff(const void *in, void *out, uint32_t count, uint32_t *events);
IMPORT("proc_exit") _Noreturn void proc_exit(uint32_t code);

enum { CUR = 0, END = 1, SET = 2 };

typedef struct {
  const char *bytes;
  uint32_t size;
} Piece;

typedef struct {
  uint64_t dev, ino;
  uint8_t filetype;
  uint32_t nlink; // 64 bits wide in the newer interface
  uint64_t size, atim, mtim, ctim;
} Filestat;

typedef struct {
  uint64_t userdata;
  uint8_t type;
  uint64_t identifier; // gone from the newer interface
  uint32_t clock;
  uint64_t timeout, precision;
  uint16_t flags;
} Subscription;

typedef struct {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint64_t bytes;
  uint16_t flags;
} Event;

static void say(const char *text) {
  Piece piece = {text, strlen(text)};
  uint32_t written;
  if (fd_write(1, &piece, 1, &written) != 0) __builtin_trap();
}

#define TEXT_OF(line) #line
#define LINE_TEXT(line) TEXT_OF(line)
#define CHECK(condition)                                                                                                   \
  do {                                                                                                                     \
    if (!(condition)) {                                                                                                    \
      say("line " LINE_TEXT(__LINE__) ": " #condition "\n");                                                               \
      proc_exit(1);                                                                                                        \
    }                                                                                                                      \
  } while (0)

void _start(void) {
  _Static_assert(sizeof(Filestat) == 56 && sizeof(Subscription) == 56 && sizeof(Event) == 32, "layouts of wasi_unstable");
  const uint64_t rights = 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 21; // read, seek, tell, write, filestat
  uint32_t fd = 0, count, size;
  uint64_t at = 99, start, end;
  char text[8] = "";
  Filestat stat = {0}, same = {0};
  CHECK(args_sizes_get(&count, &size) == 0 && count == 1);
  CHECK(fd_prestat_dir_name(3, text, 3) == 0 && memcmp(text, "/fs", 3) == 0);
  CHECK(path_open(3, 0, "file", 4, 1, rights, 0, 0, &fd) == 0 && fd > 3);
  Piece piece = {"0123456789", 10};
  CHECK(fd_write(fd, &piece, 1, &size) == 0 && size == 10);
  CHECK(fd_seek(fd, -4, CUR, &at) == 0 && at == 6);
  CHECK(fd_seek(fd, -1, END, &at) == 0 && at == 9);
  CHECK(fd_seek(fd, 3, SET, &at) == 0 && at == 3);
  piece = (Piece){text, 2};
  CHECK(fd_read(fd, &piece, 1, &size) == 0 && size == 2 && memcmp(text, "34", 2) == 0);
  CHECK(fd_filestat_get(fd, &stat) == 0);
  CHECK(stat.filetype == 4 && stat.nlink == 1 && stat.size == 10 && stat.mtim > 1577836800000000000);
  CHECK(path_filestat_get(3, 0, "file", 4, &same) == 0);
  CHECK(same.ino == stat.ino && same.size == 10 && same.nlink == 1);
  CHECK(fd_close(fd) == 0 && fd_close(fd) == 8);
  CHECK(path_unlink_file(3, "file", 4) == 0);

  Subscription wait = {.userdata = 77, .clock = 1, .timeout = 10000000};
  Event event = {0};
  CHECK(clock_time_get(1, 0, &start) == 0);
  CHECK(poll_oneoff(&wait, &event, 1, &count) == 0);
  CHECK(clock_time_get(1, 0, &end) == 0);
  CHECK(count == 1 && event.userdata == 77 && event.error == 0 && event.type == 0);
  CHECK(end - start >= 10000000 && end - start < 2000000000);
  say("ok unstable\n");
  proc_exit(0);
}
