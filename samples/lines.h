// Reads a whole file, or standard input, into memory, and cuts it into lines.
#ifndef SAMPLES_LINES_H
#define SAMPLES_LINES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *start;
  size_t length; // without the newline
} Line;

// The bytes of the file, or NULL after a message. `name` "-" is standard input.
static char *read_all(const char *program, const char *name, size_t *size) {
  FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
  size_t capacity = 65536, used = 0, got = 0;
  char *bytes = in ? malloc(capacity) : NULL;
  while (bytes && (got = fread(bytes + used, 1, capacity - used, in)) > 0) {
    used += got;
    if (used < capacity) continue;
    char *larger = realloc(bytes, capacity *= 2);
    if (!larger) free(bytes);
    bytes = larger;
  }
  if (!bytes || ferror(in)) {
    fprintf(stderr, "%s: %s: %s\n", program, name, strerror(errno));
    return NULL;
  }
  if (in != stdin) fclose(in);
  *size = used;
  return bytes;
}

// The lines of the text, or NULL when memory is out. A last line without a newline counts.
static inline Line *cut_lines(const char *text, size_t size, size_t *count) {
  size_t lines = size > 0 && text[size - 1] != '\n';
  for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
  Line *table = malloc((lines + 1) * sizeof *table);
  const char *end = text + size;
  for (size_t i = 0; table && i < lines; i++) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    table[i] = (Line){text, (size_t)((newline ? newline : end) - text)};
    text = newline ? newline + 1 : end;
  }
  *count = lines;
  return table;
}

#endif
