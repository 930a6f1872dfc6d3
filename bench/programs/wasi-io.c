// File work for bench/wasi.ts: WASI calls through the C library, nothing else. Argument 1 says which, argument 2 how often.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char block[65536];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int must_open(const char *path, int flags) {
  int fd = open(path, flags, 0666);
  if (fd < 0) fail(path);
  return fd;
}

static void write_large(int blocks) {
  int fd = must_open("large", O_CREAT | O_TRUNC | O_WRONLY);
  for (int i = 0; i < blocks; i++) {
    if (write(fd, block, sizeof block) != sizeof block) fail("write");
  }
  close(fd);
}

static void read_large(int blocks) {
  int fd = must_open("large", O_RDONLY);
  for (int i = 0; i < blocks; i++) {
    if (read(fd, block, sizeof block) != sizeof block) fail("read");
  }
  close(fd);
}

static void small_writes(int count) {
  int fd = must_open("small", O_CREAT | O_TRUNC | O_WRONLY);
  for (int i = 0; i < count; i++) {
    if (write(fd, "0123456789abcde\n", 16) != 16) fail("write");
  }
  close(fd);
}

static void small_reads(int count) {
  int fd = must_open("small", O_RDONLY);
  for (int i = 0; i < count; i++) {
    if (read(fd, block, 16) != 16) fail("read");
  }
  close(fd);
}

static void seeks(int count) {
  int fd = must_open("small", O_RDONLY);
  for (int i = 0; i < count; i++) {
    if (lseek(fd, i, SEEK_SET) != i) fail("lseek");
  }
  close(fd);
}

static void opens(const char *path, int count) {
  for (int i = 0; i < count; i++) close(must_open(path, O_RDONLY));
}

static void stats(int count) {
  struct stat st;
  for (int i = 0; i < count; i++) {
    if (stat("small", &st) != 0) fail("stat");
  }
}

static void make_many(int count) {
  char name[64];
  mkdir("many", 0777);
  mkdir("a", 0777);
  mkdir("a/b", 0777);
  close(must_open("a/b/deep", O_CREAT | O_WRONLY));
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "many/entry-%05d", i);
    close(must_open(name, O_CREAT | O_WRONLY));
  }
}

static void list_many(int count) {
  int seen = 0;
  DIR *dir = opendir("many");
  if (!dir) fail("opendir");
  while (readdir(dir)) seen++;
  closedir(dir);
  // Some runtimes leave out . and ..
  if (seen != count && seen != count + 2) {
    fprintf(stderr, "saw %d entries\n", seen);
    exit(1);
  }
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  int count = argc > 2 ? atoi(argv[2]) : 1;
  if (!strcmp(what, "write-large")) write_large(count);
  else if (!strcmp(what, "read-large")) read_large(count);
  else if (!strcmp(what, "small-writes")) small_writes(count);
  else if (!strcmp(what, "small-reads")) small_reads(count);
  else if (!strcmp(what, "seeks")) seeks(count);
  else if (!strcmp(what, "opens")) opens("small", count);
  else if (!strcmp(what, "opens-deep")) opens("a/b/deep", count);
  else if (!strcmp(what, "stats")) stats(count);
  else if (!strcmp(what, "make-many")) make_many(count);
  else if (!strcmp(what, "list-many")) list_many(count);
  else fail("unknown work");
  return 0;
}
