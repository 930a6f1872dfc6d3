// Counts lines, words and bytes of files, or of standard input, as `LC_ALL=C wc` does.
#include "lines.h"

#include <ctype.h>

typedef struct {
  size_t lines, words, bytes;
} Counts;

static Counts count(const char *text, size_t size) {
  Counts counts = {0, 0, size};
  int inside = 0;
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    counts.lines += byte == '\n';
    if (isspace(byte)) {
      inside = 0;
    } else if (!inside) {
      inside = 1;
      counts.words++;
    }
  }
  return counts;
}

int main(int argc, char **argv) {
  int files = argc > 1 ? argc - 1 : 1, failed = 0;
  Counts total = {0, 0, 0};
  Counts *each = calloc((size_t)files, sizeof *each);
  char *good = calloc((size_t)files, 1);
  if (!each || !good) return 2;
  for (int i = 0; i < files; i++) {
    size_t size;
    char *text = read_all("wc", argc > 1 ? argv[i + 1] : "-", &size);
    if (!text) {
      failed = 1;
      continue;
    }
    good[i] = 1;
    each[i] = count(text, size);
    total.lines += each[i].lines, total.words += each[i].words, total.bytes += each[i].bytes;
    free(text);
  }
  // wc makes its columns as wide as the largest number, and 7 wide when it reads a pipe.
  int width = argc > 1 ? snprintf(NULL, 0, "%zu", total.bytes) : 7;
  for (int i = 0; i < files; i++) {
    if (!good[i]) continue;
    printf("%*zu %*zu %*zu", width, each[i].lines, width, each[i].words, width, each[i].bytes);
    printf(argc > 1 ? " %s\n" : "\n", argc > 1 ? argv[i + 1] : "");
  }
  if (files > 1) printf("%*zu %*zu %*zu total\n", width, total.lines, width, total.words, width, total.bytes);
  return failed;
}
