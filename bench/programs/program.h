// What every program of the corpus is: one exported function `run(n)` that returns a checksum, and no imports.
// `run` starts afresh each time: the same n gives the same result, in any order of calls.
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define RUN(type) __attribute__((export_name("run"))) type run(int32_t n)
#else
#define RUN(type) static type run(int32_t n)
#endif

static inline uint32_t rotl32(uint32_t x, int n) { return x << n | x >> (32 - n); }
static inline uint64_t rotl64(uint64_t x, int n) { return x << n | x >> (64 - n); }

// Marsaglia's 32-bit xorshift: the corpus' source of data. The state is never 0.
static inline uint32_t xorshift32(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13, x ^= x >> 17, x ^= x << 5;
  return *state = x;
}

#endif
