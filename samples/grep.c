// Prints the lines that contain a fixed text, with their numbers, as `grep -nF TEXT [FILE...]` does.
// The search is Horspool's: it skips by the last byte of the window.
#include "lines.h"

static size_t skip[256];

static void prepare(const char *needle, size_t size) {
  for (int i = 0; i < 256; i++) skip[i] = size;
  for (size_t i = 0; i + 1 < size; i++) skip[(unsigned char)needle[i]] = size - 1 - i;
}

static int contains(Line line, const char *needle, size_t size) {
  if (size == 0) return 1;
  for (size_t at = 0; at + size <= line.length; at += skip[(unsigned char)line.start[at + size - 1]]) {
    if (memcmp(line.start + at, needle, size) == 0) return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: grep TEXT [FILE...]\n");
    return 2;
  }
  const char *needle = argv[1];
  size_t size = strlen(needle);
  prepare(needle, size);
  int files = argc > 2 ? argc - 2 : 1, found = 0, failed = 0;
  for (int i = 0; i < files; i++) {
    const char *name = argc > 2 ? argv[i + 2] : "-";
    size_t bytes, count;
    char *text = read_all("grep", name, &bytes);
    Line *lines = text ? cut_lines(text, bytes, &count) : NULL;
    failed |= !lines;
    for (size_t n = 0; lines && n < count; n++) {
      if (!contains(lines[n], needle, size)) continue;
      found = 1;
      if (files > 1) printf("%s:", name);
      printf("%zu:%.*s\n", n + 1, (int)lines[n].length, lines[n].start);
    }
    free(lines);
    free(text);
  }
  return failed ? 2 : !found;
}
