// br_table: an accumulator machine with 16 instructions runs a program that sums the bits of a Weyl sequence, n rounds.
#include "program.h"

enum { HALT, LOAD, STORE, ADD, SUB, AND, XOR, SHR, SHL, SET, JUMP, JUMP_IF_ZERO, DECREMENT, MUL, OR, NOT };

// Registers: 0 rounds left, 1 sequence, 2 bits left to look at, 3 sum, 4 one, 5 step, 6 scratch.
static const uint8_t program[] = {
    LOAD, 1, ADD, 5, STORE, 1, STORE, 2,               //  0: sequence += step; bits = sequence
    LOAD, 2, JUMP_IF_ZERO, 30, AND, 4, ADD, 3,         //  8: while bits: sum += bits & 1
    STORE, 3, LOAD, 2, SHR, 1, STORE, 2, JUMP, 8,      // 16:   bits >>= 1
    HALT, 0, HALT, 0,                                  // 26
    DECREMENT, 0, JUMP_IF_ZERO, 26, LOAD, 3, MUL, 4,   // 30: one round less; stop at none
    STORE, 3, SET, 1, STORE, 6, NOT, 0,                // 38
    XOR, 6, OR, 4, SHL, 1, SUB, 6, JUMP, 0,            // 46
};

static uint32_t machine(uint32_t rounds) {
  uint32_t r[8] = {rounds, 0x12345678, 0, 0, 1, 0x9e3779b9, 0, 0}, a = 0;
  for (const uint8_t *pc = program;; pc += 2) {
    uint8_t x = pc[1];
    switch (pc[0]) {
      case HALT: return r[3];
      case LOAD: a = r[x]; break;
      case STORE: r[x] = a; break;
      case ADD: a += r[x]; break;
      case SUB: a -= r[x]; break;
      case AND: a &= r[x]; break;
      case OR: a |= r[x]; break;
      case XOR: a ^= r[x]; break;
      case MUL: a *= r[x]; break;
      case SHR: a >>= x; break;
      case SHL: a <<= x; break;
      case SET: a = x; break;
      case NOT: a = ~a; break;
      case DECREMENT: a = --r[x]; break;
      case JUMP: pc = program + x - 2; break;
      case JUMP_IF_ZERO:
        if (a == 0) pc = program + x - 2;
        break;
    }
  }
}

RUN(int32_t) { return (int32_t)machine((uint32_t)n); }
