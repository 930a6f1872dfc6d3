// Standard streams that are files: sought, read at, cut. Compiled for the host it says the same, which the test compares with.
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, long value) { fprintf(stderr, "%s %ld\n", what, value); }

int main(void) {
  char bytes[20] = {0};
  struct stat facts;
  say("input begins at", (long)lseek(0, 0, SEEK_CUR));
  say("read", (long)read(0, bytes, 3));
  say("now at", (long)lseek(0, 0, SEEK_CUR));
  say("read at 1", (long)pread(0, bytes, 4, 1));
  fprintf(stderr, "%s\n", bytes);
  say("back to", (long)lseek(0, 2, SEEK_SET));
  say("read", (long)read(0, bytes, 3));
  fprintf(stderr, "%.3s\n", bytes);
  say("ends at", (long)lseek(0, 0, SEEK_END));
  say("cut", ftruncate(0, 1));

  say("output begins at", (long)lseek(1, 0, SEEK_CUR));
  say("wrote", (long)write(1, "0123456789", 10));
  say("now at", (long)lseek(1, 0, SEEK_CUR));
  say("back to", (long)lseek(1, 2, SEEK_SET));
  say("wrote", (long)write(1, "AB", 2));
  say("now at", (long)lseek(1, 0, SEEK_CUR));
  say("wrote at", (long)pwrite(1, "!", 1, 0));
  say("cut", ftruncate(1, 7));
  say("known", fstat(1, &facts));
  say("bytes", (long)facts.st_size);
  say("at the end", (long)lseek(1, 0, SEEK_END));
  say("wrote", (long)write(1, "end", 3));
  return 0;
}
