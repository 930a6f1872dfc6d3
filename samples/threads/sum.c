// No program, but a function: docs/threads.md calls it in threads that the embedder starts.
// flags: -nostartfiles -Wl,--no-entry

__attribute__((export_name("sum_to"))) int sum_to(int n) {
  int sum = 0;
  for (volatile int k = 1; k <= n; k++) sum += k;
  return sum;
}
