// Says hello, and shows what the host gave: arguments, environment, clock.
#include <stdio.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
  printf("Hello from WebAssembly!\n");
  printf("arguments: %d\n", argc - 1);
  for (int i = 1; i < argc; i++) printf("  %d: %s\n", i, argv[i]);

  int variables = 0;
  while (environ && environ[variables]) variables++;
  printf("environment: %d\n", variables);
  for (int i = 0; i < variables; i++) printf("  %s\n", environ[i]);

  time_t now = time(NULL);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&now));
  printf("time: %s UTC\n", text);
  return 0;
}
