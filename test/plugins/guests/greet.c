// flags: -mexec-model=reactor -Wl,--export=malloc,--export=free
// A plugin without a framework: the host allocates with malloc, gives an address and a length, and frees what comes back.
// Its functions show each way to give an output.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
  char *data;
  size_t length;
};
#define EXPORT(name) __attribute__((export_name(#name)))

static struct bytes greeting(const char *name, size_t length) {
  static const char hello[] = "Hello, ";
  const size_t begin = sizeof hello - 1;
  char *text = malloc(begin + length + 1);
  memcpy(text, hello, begin);
  memcpy(text + begin, name, length);
  text[begin + length] = '!';
  return (struct bytes){text, begin + length + 1};
}
static uint64_t packed(struct bytes output) { return (uint64_t)(uintptr_t)output.data << 32 | output.length; }

// A structure.
EXPORT(greet) struct bytes greet(const char *name, size_t length) { return greeting(name, length); }
// One number: the address above the length.
EXPORT(greet_packed) uint64_t greet_packed(const char *name, size_t length) { return packed(greeting(name, length)); }
// In place: the output lies in the input.
EXPORT(upper) uint64_t upper(char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] >= 'a' && text[i] <= 'z') text[i] -= 32;
  return packed((struct bytes){text, length});
}
// JSON in and out, by hand: how many vowels a text has, and in how many calls so far.
EXPORT(count) struct bytes count(const char *text, size_t length) {
  static int calls;
  int vowels = 0;
  for (size_t i = 0; i < length; i++) vowels += text[i] != 0 && strchr("aeiouAEIOU", text[i]) != NULL;
  char *json = malloc(64);
  return (struct bytes){json, (size_t)snprintf(json, 64, "{\"vowels\":%d,\"calls\":%d}", vowels, ++calls)};
}
// No output.
EXPORT(ignore) void ignore(const char *text, size_t length) {
  (void)text;
  (void)length;
}
// Bytes that are no text.
EXPORT(broken_text) struct bytes broken_text(const char *text, size_t length) {
  (void)text;
  (void)length;
  char *bytes = malloc(3);
  memcpy(bytes, "a\xff" "b", 3);
  return (struct bytes){bytes, 3};
}
// As many bytes as the decimal number in the input says.
EXPORT(repeat) struct bytes repeat(const char *text, size_t length) {
  size_t wanted = 0;
  for (size_t i = 0; i < length; i++) wanted = wanted * 10 + (size_t)(text[i] - '0');
  char *bytes = malloc(wanted);
  if (bytes) memset(bytes, 'x', wanted);
  return (struct bytes){bytes, wanted};
}
// An address outside of the memory.
EXPORT(outside) uint64_t outside(const char *text, size_t length) {
  (void)text;
  (void)length;
  return (uint64_t)0xfffffff0 << 32 | 64;
}
EXPORT(spin) void spin(const char *text, size_t length) {
  (void)length;
  while (*(volatile const char *)text || 1) {
  }
}
EXPORT(trap) void trap(const char *text, size_t length) {
  (void)text;
  (void)length;
  __builtin_trap();
}
// A type that no convention has.
EXPORT(wrong) float wrong(float x) { return x; }
// The first bytes of the file that the input names.
EXPORT(read_file) struct bytes read_file(const char *path, size_t length) {
  char name[256] = {0};
  memcpy(name, path, length < sizeof name - 1 ? length : sizeof name - 1);
  FILE *file = fopen(name, "r");
  if (file == NULL) return (struct bytes){NULL, 0};
  char *text = malloc(256);
  size_t count = fread(text, 1, 256, file);
  fclose(file);
  return (struct bytes){text, count};
}
// What it writes goes to its standard error.
EXPORT(say) void say(const char *text, size_t length) { fprintf(stderr, "said %.*s\n", (int)length, text); }
