// Standard input to standard output, line by line, turned round.
#include <stdio.h>
#include <string.h>

int main(void) {
  char line[256];
  while (fgets(line, sizeof line, stdin)) {
    size_t length = strcspn(line, "\n");
    while (length > 0) putchar(line[--length]);
    putchar('\n');
  }
  return ferror(stdin) ? 1 : 0;
}
