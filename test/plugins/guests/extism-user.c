// flags: -mexec-model=reactor
// A plugin for Extism that imports functions of the embedder's: blocks of the kernel's memory in, one out.
#include "extism.h"

__attribute__((import_module("extism:host/user"), import_name("greet"))) address greet(address name);
__attribute__((import_module("extism:host/user"), import_name("note"))) void note(address text);

EXPORT(run) int32_t run(void) {
  char name[256];
  size_t length = input(name, sizeof name);
  note(text("a note"));
  address answer = greet(store(name, length));
  kernel_output_set(answer, kernel_length(answer));
  return 0;
}
