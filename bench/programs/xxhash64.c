// i64 rotations and multiplications over memory: XXH64 of n blocks of 8 KiB, each seeded with the hash before.
#include "program.h"

#include <string.h>

enum { SIZE = 8192 };
static uint8_t data[SIZE + 5];

static const uint64_t P1 = 0x9e3779b185ebca87, P2 = 0xc2b2ae3d27d4eb4f, P3 = 0x165667b19e3779f9, P4 = 0x85ebca77c2b2ae63,
                      P5 = 0x27d4eb2f165667c5;

static uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

static uint64_t mix(uint64_t lane, uint64_t input) { return rotl64(lane + input * P2, 31) * P1; }

static uint64_t xxh64(const uint8_t *p, size_t size, uint64_t seed) {
  const uint8_t *end = p + size;
  uint64_t hash = seed + P5;
  if (size >= 32) {
    uint64_t lanes[4] = {seed + P1 + P2, seed + P2, seed, seed - P1};
    for (; p + 32 <= end; p += 32) {
      for (int i = 0; i < 4; i++) lanes[i] = mix(lanes[i], load64(p + 8 * i));
    }
    hash = rotl64(lanes[0], 1) + rotl64(lanes[1], 7) + rotl64(lanes[2], 12) + rotl64(lanes[3], 18);
    for (int i = 0; i < 4; i++) hash = (hash ^ mix(0, lanes[i])) * P1 + P4;
  }
  hash += size;
  for (; p + 8 <= end; p += 8) hash = rotl64(hash ^ mix(0, load64(p)), 27) * P1 + P4;
  if (p + 4 <= end) {
    uint32_t word;
    memcpy(&word, p, 4);
    hash = rotl64(hash ^ word * P1, 23) * P2 + P3;
    p += 4;
  }
  for (; p < end; p++) hash = rotl64(hash ^ *p * P5, 11) * P1;
  hash = (hash ^ hash >> 33) * P2;
  hash = (hash ^ hash >> 29) * P3;
  return hash ^ hash >> 32;
}

RUN(int64_t) {
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 31 + (i >> 5));
  uint64_t hash = 0;
  for (int32_t i = 0; i < n; i++) hash = xxh64(data, sizeof data, hash);
  return (int64_t)hash;
}
