// flags: -msimd128
// Vectors of 128 bits: a picture is brightened with saturation, blended, its differences are summed; floats are multiplied and added,
// lanes are shuffled and widened; n rounds.
#include "program.h"

#include <wasm_simd128.h>

enum { BYTES = 4096, FLOATS = 1024 };
static uint8_t picture[BYTES], other[BYTES], out[BYTES];
static float rows[FLOATS], factors[FLOATS];

static uint32_t bytes_round(uint8_t brightness) {
  v128_t sum = wasm_i32x4_const_splat(0), light = wasm_u8x16_splat(brightness);
  for (int i = 0; i < BYTES; i += 16) {
    v128_t a = wasm_v128_load(picture + i), b = wasm_v128_load(other + i);
    v128_t bright = wasm_u8x16_add_sat(a, light), average = wasm_u8x16_avgr(bright, b);
    v128_t difference = wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
    v128_t larger = wasm_u8x16_gt(average, wasm_u8x16_const_splat(100));
    v128_t mixed = wasm_v128_bitselect(average, wasm_u8x16_max(a, difference), larger);
    wasm_v128_store(out + i, wasm_i8x16_shuffle(mixed, b, 3, 2, 1, 0, 7, 6, 5, 4, 19, 18, 17, 16, 23, 22, 21, 20));
    v128_t words = wasm_u16x8_extadd_pairwise_u8x16(mixed);
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(words, wasm_i16x8_shl(wasm_u16x8_extend_low_u8x16(a), 1)));
    sum = wasm_v128_xor(sum, wasm_u32x4_shr(sum, 7));
  }
  return (uint32_t)(wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) * 3 +
                    wasm_i32x4_extract_lane(sum, 2) * 5 + wasm_i32x4_extract_lane(sum, 3) * 7);
}

static float floats_round(float bias) {
  v128_t sum = wasm_f32x4_splat(bias);
  for (int i = 0; i < FLOATS; i += 4) {
    v128_t a = wasm_v128_load(rows + i), b = wasm_v128_load(factors + i);
    v128_t product = wasm_f32x4_add(wasm_f32x4_mul(a, b), wasm_f32x4_const_splat(0.5f));
    product = wasm_f32x4_min(wasm_f32x4_max(product, wasm_f32x4_const_splat(-64)), wasm_f32x4_const_splat(64));
    sum = wasm_f32x4_sub(wasm_f32x4_mul(sum, wasm_f32x4_const_splat(0.5f)), product);
    wasm_v128_store(rows + i, wasm_f32x4_mul(product, wasm_f32x4_const_splat(0.25f)));
  }
  return wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 3);
}

RUN(int32_t) {
  uint32_t state = 1234567u, sum = 0;
  for (int i = 0; i < BYTES; i++) picture[i] = (uint8_t)xorshift32(&state), other[i] = (uint8_t)(xorshift32(&state) >> 9);
  for (int i = 0; i < FLOATS; i++) {
    rows[i] = (float)(xorshift32(&state) % 2000) / 16 - 60;
    factors[i] = (float)(xorshift32(&state) % 100) / 32;
  }
  for (int32_t round = 0; round < n; round++) {
    sum = rotl32(sum, 5) ^ bytes_round((uint8_t)round) ^ out[round & (BYTES - 1)];
    sum += (uint32_t)(int32_t)(floats_round((float)(round & 7)) * 16);
  }
  return (int32_t)sum;
}
