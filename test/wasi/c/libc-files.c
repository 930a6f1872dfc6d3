// C's files through libc: text written, read, moved about in, and errors as errno.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(condition)                                                                                                   \
  do {                                                                                                                     \
    if (!(condition)) {                                                                                                    \
      printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno);                                                     \
      return 1;                                                                                                            \
    }                                                                                                                      \
  } while (0)

int main(void) {
  char line[64];
  struct stat info;
  FILE *file = fopen("/fs/notes.txt", "w+");
  CHECK(file);
  for (int i = 0; i < 1000; i++) CHECK(fprintf(file, "line %d of %.2f\n", i, 1000.0) > 0);
  CHECK(fseek(file, 0, SEEK_SET) == 0);
  for (int i = 0; i < 1000; i++) CHECK(fgets(line, sizeof line, file));
  CHECK(strcmp(line, "line 999 of 1000.00\n") == 0);
  CHECK(!fgets(line, sizeof line, file) && feof(file));
  CHECK(fseek(file, 5, SEEK_SET) == 0 && fgetc(file) == '0' && ftell(file) == 6);
  CHECK(fclose(file) == 0);

  CHECK(stat("/fs/notes.txt", &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 19890);
  CHECK((file = fopen("/fs/notes.txt", "a")) && fputs("end\n", file) >= 0 && fclose(file) == 0);
  CHECK(stat("/fs/notes.txt", &info) == 0 && info.st_size == 19894);
  CHECK(truncate("/fs/notes.txt", 4) == 0 && stat("/fs/notes.txt", &info) == 0 && info.st_size == 4);
  CHECK(rename("/fs/notes.txt", "/fs/renamed.txt") == 0);
  CHECK(!fopen("/fs/notes.txt", "r") && errno == ENOENT);
  CHECK(!fopen("/fs/renamed.txt/x", "r") && errno == ENOTDIR);
  CHECK(!fopen("/fs", "w") && errno == EISDIR);
  CHECK(access("/fs/renamed.txt", R_OK | W_OK) == 0);
  CHECK(symlink("renamed.txt", "/fs/link") == 0 && readlink("/fs/link", line, sizeof line) == 11);
  CHECK(lstat("/fs/link", &info) == 0 && S_ISLNK(info.st_mode));
  CHECK(unlink("/fs/link") == 0 && unlink("/fs/renamed.txt") == 0);
  CHECK(unlink("/fs/renamed.txt") == -1 && errno == ENOENT);
  printf("ok libc-files\n");
  return 0;
}
