// Runs a Lisp program from a file, or from standard input.
//   lisp [FILE]
// flags: -Wl,-z,stack-size=1048576
#include "lines.h"

// A function, not fprintf in place: each variadic call would enlarge the frame of the evaluator.
_Noreturn static void fail(const char *message) {
  fprintf(stderr, "lisp: %s\n", message);
  exit(1);
}

#define LISP_FAIL(message) fail(message)
#define LISP_PUT(byte) putchar(byte)
#include "lisp.h"

int main(int argc, char **argv) {
  size_t size;
  char *bytes = read_all("lisp", argc > 1 ? argv[1] : "-", &size);
  char *text = bytes ? realloc(bytes, size + 1) : NULL;
  if (!text) return 1;
  text[size] = 0;
  lisp_reset();
  lisp_run(text);
  return 0;
}
