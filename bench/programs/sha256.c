// i32 rotations and additions: SHA-256 over n blocks of 1 KiB.
#include "program.h"

#include "../../samples/sha256.h"

static uint8_t data[1024];

RUN(int32_t) {
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + (i >> 3));
  Sha256 hash;
  uint8_t digest[32];
  sha256_init(&hash);
  for (int32_t i = 0; i < n; i++) sha256_update(&hash, data, sizeof data);
  sha256_finish(&hash, digest);
  return (int32_t)((uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3]);
}
