// A program as a plugin: its standard input in capitals; what begins with "fail" ends it with exit code 3.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  char text[4096];
  size_t length;
  if (argc > 1) printf("%s: ", argv[1]);
  if (getenv("PREFIX")) fputs(getenv("PREFIX"), stdout);
  while ((length = fread(text, 1, sizeof text, stdin)) > 0) {
    if (length >= 4 && memcmp(text, "fail", 4) == 0) {
      fprintf(stderr, "it was told to fail\n");
      return 3;
    }
    for (size_t i = 0; i < length; i++) text[i] = (char)toupper((unsigned char)text[i]);
    fwrite(text, 1, length, stdout);
  }
  return 0;
}
