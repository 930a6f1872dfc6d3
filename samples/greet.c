// flags: -mexec-model=reactor -Wl,--export=malloc,--export=free
// A plugin: functions that take an address and a length and return the same. The host allocates the input with malloc and frees the output.
// Built natively it is a library.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
  char *data;
  size_t length;
};
#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

EXPORT(greet) struct bytes greet(const char *name, size_t length) {
  char *text = malloc(length + 9);
  return (struct bytes){text, (size_t)snprintf(text, length + 9, "Hello, %.*s!", (int)length, name)};
}

// How many vowels a text has, and all texts so far, as JSON.
EXPORT(count_vowels) struct bytes count_vowels(const char *text, size_t length) {
  static int total;
  int count = 0;
  for (size_t i = 0; i < length; i++) count += text[i] != 0 && strchr("aeiouAEIOU", text[i]) != NULL;
  total += count;
  char *json = malloc(64);
  return (struct bytes){json, (size_t)snprintf(json, 64, "{\"count\":%d,\"total\":%d}", count, total)};
}
