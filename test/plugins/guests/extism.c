// flags: -mexec-model=reactor
// A plugin for Extism, written by hand: counts vowels, keeps a total, reads settings, logs, asks for requests, and misbehaves when told to.
#include "extism.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buffer[65536];

EXPORT(count_vowels) int32_t count_vowels(void) {
  size_t length = input(buffer, sizeof buffer);
  int vowels = 0;
  for (size_t i = 0; i < length; i++) vowels += buffer[i] != 0 && strchr("aeiouAEIOU", buffer[i]) != NULL;
  int total = 0;
  address before = kernel_var_get(text("total"));
  if (before != 0) {
    char digits[16] = {0};
    load(before, digits, sizeof digits - 1);
    total = atoi(digits);
  }
  char digits[16];
  total += vowels;
  kernel_var_set(text("total"), store(digits, (size_t)snprintf(digits, sizeof digits, "%d", total)));
  char json[128];
  output(json, (size_t)snprintf(json, sizeof json, "{\"count\":%d,\"total\":%d}", vowels, total));
  return 0;
}
EXPORT(forget) int32_t forget(void) {
  kernel_var_set(text("total"), 0);
  return 0;
}
EXPORT(echo) int32_t echo(void) {
  kernel_output_set(kernel_input_offset(), kernel_input_length());
  return 0;
}
EXPORT(setting) int32_t setting(void) {
  size_t length = input(buffer, sizeof buffer);
  address value = kernel_config_get(store(buffer, length));
  if (value == 0) {
    kernel_error_set(text("no such setting"));
    return 7;
  }
  kernel_output_set(value, kernel_length(value));
  return 0;
}
EXPORT(fetch) int32_t fetch(void) {
  size_t length = input(buffer, sizeof buffer);
  char request[1024];
  int written = snprintf(request, sizeof request,
                         "{\"method\":\"POST\",\"url\":\"%.*s\",\"headers\":{\"x-from\":\"plugin\"}}", (int)length, buffer);
  address body = kernel_http_request(store(request, (size_t)written), text("ping"));
  address headers = kernel_http_headers();
  char answer[2048];
  size_t at = (size_t)snprintf(answer, sizeof answer, "%d ", kernel_http_status_code());
  at += load(body, answer + at, 1024);
  answer[at++] = ' ';
  at += load(headers, answer + at, 512);
  output(answer, at);
  return 0;
}
EXPORT(log_all) int32_t log_all(void) {
  kernel_log_trace(text("a trace"));
  kernel_log_debug(text("a detail"));
  kernel_log_info(text("a fact"));
  kernel_log_warn(text("a warning"));
  kernel_log_error(text("a failure"));
  char level = (char)('0' + kernel_get_log_level());
  output(&level, 1);
  return 0;
}
// Many blocks, given back and taken again: without that they would not fit.
EXPORT(churn) int32_t churn(void) {
  for (int i = 0; i < 2000; i++) {
    address block = kernel_alloc(10000);
    if (block == 0) return 1;
    kernel_store_u8(block + 9999, 1);
    kernel_free(block);
  }
  return 0;
}
// More than any limit.
EXPORT(hoard) int32_t hoard(void) {
  uint64_t sum = 0;
  for (address block; (block = kernel_alloc(1 << 20)) != 0;) sum += kernel_length(block);
  char digits[32];
  output(digits, (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)sum >> 20));
  return 0;
}
EXPORT(outside) int32_t outside(void) { return kernel_load_u8(1 << 30); }
EXPORT(outside_output) int32_t outside_output(void) {
  kernel_output_set(kernel_alloc(8), 1 << 30);
  return 0;
}
EXPORT(beyond_input) int32_t beyond_input(void) { return (int32_t)kernel_input_load_u64(kernel_input_length()); }
EXPORT(long_output) int32_t long_output(void) {
  address block = kernel_alloc(1 << 20);
  kernel_output_set(block, 1 << 20);
  return 0;
}
EXPORT(fail) int32_t fail(void) { return 9; }
EXPORT(spin) int32_t spin(void) {
  for (;;) kernel_input_length();
}
