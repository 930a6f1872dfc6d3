// Sorts the lines of files, or of standard input, byte by byte, as `LC_ALL=C sort` does.
#include "lines.h"

static int compare(const Line *a, const Line *b) {
  int order = memcmp(a->start, b->start, a->length < b->length ? a->length : b->length);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static void merge_sort(Line *lines, Line *scratch, size_t count) {
  if (count < 2) return;
  size_t half = count / 2;
  merge_sort(lines, scratch, half);
  merge_sort(lines + half, scratch, count - half);
  memcpy(scratch, lines, half * sizeof *lines);
  size_t left = 0, right = half, to = 0;
  while (left < half && right < count) {
    lines[to++] = compare(&scratch[left], &lines[right]) <= 0 ? scratch[left++] : lines[right++];
  }
  while (left < half) lines[to++] = scratch[left++];
}

int main(int argc, char **argv) {
  char *text = NULL;
  size_t size = 0;
  for (int i = 1; i < (argc > 1 ? argc : 2); i++) {
    size_t more;
    char *bytes = read_all("sort", argc > 1 ? argv[i] : "-", &more);
    if (!bytes) return 2;
    char *joined = realloc(text, size + more + 1);
    if (!joined) break;
    text = joined;
    memcpy(text + size, bytes, more);
    size += more;
    if (more > 0 && text[size - 1] != '\n') text[size++] = '\n';
    free(bytes);
  }
  size_t count = 0;
  Line *lines = text ? cut_lines(text, size, &count) : NULL;
  Line *scratch = lines ? malloc((count + 1) * sizeof *scratch) : NULL;
  if (!scratch) {
    fprintf(stderr, "sort: out of memory\n");
    return 2;
  }
  merge_sort(lines, scratch, count);
  for (size_t i = 0; i < count; i++) {
    fwrite(lines[i].start, 1, lines[i].length, stdout);
    putchar('\n');
  }
  return fflush(stdout) == 0 ? 0 : 2;
}
