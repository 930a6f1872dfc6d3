// The functions that Extism's guest ABI gives a guest, and shorthands over them: no framework, just the imports.
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define KERNEL(name) __attribute__((import_module("extism:host/env"), import_name(#name)))

typedef uint64_t address;

KERNEL(alloc) address kernel_alloc(uint64_t length);
KERNEL(free) void kernel_free(address block);
KERNEL(length) uint64_t kernel_length(address block);
KERNEL(load_u8) uint8_t kernel_load_u8(address at);
KERNEL(load_u64) uint64_t kernel_load_u64(address at);
KERNEL(store_u8) void kernel_store_u8(address at, uint8_t value);
KERNEL(store_u64) void kernel_store_u64(address at, uint64_t value);
KERNEL(input_offset) address kernel_input_offset(void);
KERNEL(input_length) uint64_t kernel_input_length(void);
KERNEL(input_load_u8) uint8_t kernel_input_load_u8(uint64_t at);
KERNEL(input_load_u64) uint64_t kernel_input_load_u64(uint64_t at);
KERNEL(output_set) void kernel_output_set(address block, uint64_t length);
KERNEL(error_set) void kernel_error_set(address block);
KERNEL(config_get) address kernel_config_get(address name);
KERNEL(var_get) address kernel_var_get(address name);
KERNEL(var_set) void kernel_var_set(address name, address value);
KERNEL(http_request) address kernel_http_request(address request, address body);
KERNEL(http_status_code) int32_t kernel_http_status_code(void);
KERNEL(http_headers) address kernel_http_headers(void);
KERNEL(get_log_level) int32_t kernel_get_log_level(void);
KERNEL(log_trace) void kernel_log_trace(address text);
KERNEL(log_debug) void kernel_log_debug(address text);
KERNEL(log_info) void kernel_log_info(address text);
KERNEL(log_warn) void kernel_log_warn(address text);
KERNEL(log_error) void kernel_log_error(address text);

// Whole words first, then the rest, as frameworks do.
static inline address store(const char *bytes, size_t length) {
  address block = kernel_alloc(length);
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, bytes + i, 8);
    kernel_store_u64(block + i, word);
  }
  for (; i < length; i++) kernel_store_u8(block + i, (uint8_t)bytes[i]);
  return block;
}
static inline size_t load(address block, char *bytes, size_t most) {
  size_t length = kernel_length(block);
  size_t i = 0;
  if (length > most) length = most;
  for (; i + 8 <= length; i += 8) {
    uint64_t word = kernel_load_u64(block + i);
    __builtin_memcpy(bytes + i, &word, 8);
  }
  for (; i < length; i++) bytes[i] = (char)kernel_load_u8(block + i);
  return length;
}
static inline size_t input(char *bytes, size_t most) {
  size_t length = kernel_input_length();
  size_t i = 0;
  if (length > most) length = most;
  for (; i + 8 <= length; i += 8) {
    uint64_t word = kernel_input_load_u64(i);
    __builtin_memcpy(bytes + i, &word, 8);
  }
  for (; i < length; i++) bytes[i] = (char)kernel_input_load_u8(i);
  return length;
}
static inline address text(const char *literal) { return store(literal, __builtin_strlen(literal)); }
static inline void output(const char *bytes, size_t length) { kernel_output_set(store(bytes, length), length); }
