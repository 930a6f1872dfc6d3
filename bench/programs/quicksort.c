// Loads, compares, swaps and recursion: quicksort of n numbers, insertion sort below 12.
#include "program.h"

enum { MAX = 1 << 20 };
static int32_t values[MAX];

static void sort(int32_t *a, int32_t count) {
  while (count > 12) {
    int32_t first = a[0], middle = a[count / 2], last = a[count - 1];
    int32_t pivot = first < middle ? (middle < last ? middle : first < last ? last : first)
                                   : (first < last ? first : middle < last ? last : middle);
    int32_t i = -1, j = count;
    for (;;) {
      do i++; while (a[i] < pivot);
      do j--; while (a[j] > pivot);
      if (i >= j) break;
      int32_t t = a[i];
      a[i] = a[j], a[j] = t;
    }
    sort(a, j + 1);
    a += j + 1, count -= j + 1;
  }
  for (int32_t i = 1; i < count; i++) {
    int32_t v = a[i], j = i;
    for (; j > 0 && a[j - 1] > v; j--) a[j] = a[j - 1];
    a[j] = v;
  }
}

RUN(int32_t) {
  uint32_t random = 88172645u, sum = 0;
  for (int32_t i = 0; i < n; i++) values[i] = (int32_t)xorshift32(&random);
  sort(values, n);
  for (int32_t i = 1; i < n; i++) {
    if (values[i - 1] > values[i]) return -1;
    sum = rotl32(sum, 3) ^ (uint32_t)values[i];
  }
  return (int32_t)sum;
}
