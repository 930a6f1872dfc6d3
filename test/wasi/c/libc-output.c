// Both output streams, buffered and not, in the order they were written, and bytes that are not text.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  setvbuf(stdout, NULL, _IOFBF, 1024);
  for (int i = 0; i < 5; i++) printf("%d %s\n", i, i % 2 ? "odd" : "even");
  fprintf(stderr, "to the other stream: %d\n", 7);
  fflush(stdout);
  if (write(1, "caf\xc3\xa9\n", 6) != 6) return 1;
  printf("%5.3f|%-6s|%06x|%lld\n", 3.14159, "ab", 48879, -9007199254740993LL);
  return 0;
}
