// A CGI/1.1 program: says what it was asked for, and repeats the body. PATH_INFO chooses its mistakes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "(none)" : value;
}

int main(void) {
  const char *path = variable("PATH_INFO");
  if (strcmp(path, "/no-header") == 0) return puts("just text") < 0;
  if (strcmp(path, "/moved") == 0) return puts("Location: /elsewhere\n") < 0;
  if (strcmp(path, "/smuggle") == 0) {
    return puts("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nwhole body") < 0;
  }
  printf("Status: 201 Created\r\nContent-Type: text/plain\r\nX-Interface: %s\r\n\r\n", variable("GATEWAY_INTERFACE"));
  printf("%s %s %s?%s\n", variable("REQUEST_METHOD"), variable("SCRIPT_NAME"), path, variable("QUERY_STRING"));
  printf("%s %s %s\n", variable("HTTP_X_ASKED"), variable("HTTP_AUTHORIZATION"), variable("CONTENT_LENGTH"));
  int c;
  while ((c = getchar()) != EOF) putchar(c);
  return 0;
}
