// f64 arithmetic and indexed loads: c = a * b for n x n matrices.
#include "program.h"

enum { MAX = 256 };
static double a[MAX * MAX], b[MAX * MAX], c[MAX * MAX];

RUN(double) {
  for (int i = 0; i < n * n; i++) {
    a[i] = (i % 17) * 0.25 - 2;
    b[i] = (i % 13) * 0.5 - 3;
  }
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  }
  double trace = 0;
  for (int i = 0; i < n; i++) trace += c[i * n + i] + c[i * n + n - 1 - i] / 8;
  return trace;
}
