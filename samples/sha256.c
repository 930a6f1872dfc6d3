// Prints the SHA-256 of files, or of standard input, as sha256sum does.
#include "sha256.h"

#include <errno.h>
#include <stdio.h>

static int digest(FILE *in, const char *name) {
  static unsigned char buffer[16384];
  Sha256 hash;
  sha256_init(&hash);
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, in)) > 0) sha256_update(&hash, buffer, size);
  if (ferror(in)) {
    fprintf(stderr, "sha256: %s: %s\n", name, strerror(errno));
    return 1;
  }
  uint8_t bytes[32];
  char text[65];
  sha256_finish(&hash, bytes);
  sha256_hex(bytes, text);
  printf("%s  %s\n", text, name);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) return digest(stdin, "-");
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    FILE *in = strcmp(argv[i], "-") == 0 ? stdin : fopen(argv[i], "rb");
    if (!in) {
      fprintf(stderr, "sha256: %s: %s\n", argv[i], strerror(errno));
      failed = 1;
      continue;
    }
    failed |= digest(in, argv[i]);
    if (in != stdin) fclose(in);
  }
  return failed;
}
