// Directories through libc: made, listed, listed again from a remembered place, removed.
#include <dirent.h>
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

enum { COUNT = 300 };

int main(void) {
  char path[64], after[64];
  int seen = 0, position = 0;
  long place = 0;
  struct dirent *entry;
  CHECK(mkdir("/fs/many", 0777) == 0);
  CHECK(mkdir("/fs/many", 0777) == -1 && errno == EEXIST);
  for (int i = 0; i < COUNT; i++) {
    snprintf(path, sizeof path, "/fs/many/a file with a longer name %d", i);
    FILE *file = fopen(path, "w");
    CHECK(file && fclose(file) == 0);
  }
  CHECK(rmdir("/fs/many") == -1 && errno == ENOTEMPTY);

  DIR *directory = opendir("/fs/many");
  CHECK(directory);
  while ((entry = readdir(directory))) {
    if (entry->d_name[0] == '.') continue;
    CHECK(entry->d_type == DT_REG);
    if (position == COUNT / 2) strcpy(after, entry->d_name);
    seen++;
    if (++position == COUNT / 2) place = telldir(directory);
  }
  CHECK(seen == COUNT);
  seekdir(directory, place);
  CHECK((entry = readdir(directory)) && strcmp(entry->d_name, after) == 0);
  rewinddir(directory);
  for (seen = 0; (entry = readdir(directory));) seen += entry->d_name[0] != '.';
  CHECK(seen == COUNT);
  CHECK(closedir(directory) == 0);
  CHECK(!opendir("/fs/none") && errno == ENOENT);

  for (int i = 0; i < COUNT; i++) {
    snprintf(path, sizeof path, "/fs/many/a file with a longer name %d", i);
    CHECK(unlink(path) == 0);
  }
  CHECK(rmdir("/fs/many") == 0);
  printf("ok libc-directories\n");
  return 0;
}
