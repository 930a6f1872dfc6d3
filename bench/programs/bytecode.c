// One function of 250 handlers of real size, as in interpreters of languages: a register machine over integers and floats whose
// operations (25) exist for each form of operands (10). It runs a program of 600 instructions, drawn once, n times.
#include "program.h"

enum { INTEGER, FLOAT };
typedef struct {
  int32_t kind, i;
  double d;
} Value;
typedef struct {
  uint8_t op, a, b, c;
} Instruction;

enum { REGISTERS = 64, CONSTANTS = 32, LENGTH = 600, FORMS = 10, OPERATIONS = 25 };
static Value registers[REGISTERS], constants[CONSTANTS], cells[REGISTERS];
static Instruction program[LENGTH + 8];

#define INLINE static inline __attribute__((always_inline))
INLINE double number(const Value *v) { return v->kind == INTEGER ? v->i : v->d; }
INLINE void set_integer(Value *to, int32_t i) { to->kind = INTEGER, to->i = i, to->d = 0; }
// Floats that are whole and small become integers again; what grows too large starts anew.
INLINE void set_float(Value *to, double d) {
  if (!(d > -1e12 && d < 1e12)) d = 0.5;
  if (d > -1e6 && d < 1e6 && d == (double)(int32_t)d) set_integer(to, (int32_t)d);
  else to->kind = FLOAT, to->i = 0, to->d = d;
}
INLINE int32_t whole(const Value *v) { return v->kind == INTEGER ? v->i : (int32_t)(v->d / 1024); }
INLINE void set_wide(Value *to, int64_t wide) {
  if (wide == (int32_t)wide) set_integer(to, (int32_t)wide);
  else set_float(to, (double)wide);
}

// What each operation does with two integers, and with two numbers.
#define ARITHMETIC(wide, real) \
  if (x->kind == INTEGER && y->kind == INTEGER) set_wide(to, wide); \
  else { double p = number(x), q = number(y); set_float(to, real); }
#define BITS(expression) { uint32_t p = (uint32_t)whole(x), q = (uint32_t)whole(y); set_integer(to, (int32_t)(expression)); }
#define COMPARE(operator) \
  if (x->kind == INTEGER && y->kind == INTEGER) set_integer(to, x->i operator y->i); \
  else set_integer(to, number(x) operator number(y));
#define P ((int64_t)x->i)
#define Q ((int64_t)y->i)
#define OPERATION_0 ARITHMETIC(P + Q, p + q)
#define OPERATION_1 ARITHMETIC(P - Q, p - q)
#define OPERATION_2 ARITHMETIC(P * Q, p * q)
#define OPERATION_3 { double p = number(x), q = number(y); set_float(to, q == 0 ? p : p / q); }
#define OPERATION_4 { int32_t p = whole(x), q = whole(y) & 0xffff; set_integer(to, q == 0 ? p : p % q); }
#define OPERATION_5 BITS(p & q)
#define OPERATION_6 BITS(p | q)
#define OPERATION_7 BITS(p ^ q)
#define OPERATION_8 BITS(p << (q & 15))
#define OPERATION_9 BITS(p >> (q & 31))
#define OPERATION_10 BITS((uint32_t)((int32_t)p >> (q & 31)))
#define OPERATION_11 BITS(rotl32(p, (int)(q % 31 + 1)))
#define OPERATION_12 COMPARE(<)
#define OPERATION_13 COMPARE(<=)
#define OPERATION_14 COMPARE(==)
#define OPERATION_15 COMPARE(!=)
#define OPERATION_16 ARITHMETIC(P < Q ? P : Q, p < q ? p : q)
#define OPERATION_17 ARITHMETIC(P > Q ? P : Q, p > q ? p : q)
#define OPERATION_18 ARITHMETIC((P + Q) >> 1, (p + q) * 0.5)
#define OPERATION_19 ARITHMETIC((P & 4095) * (P & 4095) + (Q & 4095) * (Q & 4095), p * p * 0.25 + q * q * 0.25)
#define OPERATION_20 ARITHMETIC(P < -Q ? -Q : P > Q ? Q : P, p < -q ? -q : p > q ? q : p)
#define OPERATION_21 ARITHMETIC(P > Q ? P - Q : Q - P, p > q ? p - q : q - p)
#define OPERATION_22 BITS(({ uint32_t g = p & 255, h = q & 255; while (h) { uint32_t t = g % h; g = h, h = t; } g; }))
#define OPERATION_23 BITS((p * 0x9e3779b1u ^ (q + 0x85ebca6bu)) * 0xc2b2ae35u >> 3)
#define OPERATION_24 BITS(({ uint32_t g = p ^ q, sum = 0; while (g) g &= g - 1, sum++; sum; }))

// Where operands come from, and where the result goes.
#define HANDLER(operation, form, ...) \
  case operation * FORMS + form: { __VA_ARGS__; OPERATION_##operation break; }
#define HANDLER_AND(operation, form, after, ...) \
  case operation * FORMS + form: { __VA_ARGS__; OPERATION_##operation after; break; }
#define IMMEDIATE(v) Value small = {INTEGER, v, 0}
#define REGISTER(field) &registers[at.field & (REGISTERS - 1)]
#define CONSTANT(field) &constants[at.field & (CONSTANTS - 1)]
#define TO_A Value *to = REGISTER(a)
#define HANDLERS(o) \
  HANDLER(o, 0, TO_A; const Value *x = REGISTER(b), *y = REGISTER(c)) \
  HANDLER(o, 1, TO_A; IMMEDIATE((int8_t)at.c); const Value *x = REGISTER(b), *y = &small) \
  HANDLER(o, 2, TO_A; const Value *x = REGISTER(b), *y = CONSTANT(c)) \
  HANDLER(o, 3, TO_A; IMMEDIATE((int8_t)at.b); const Value *x = &small, *y = REGISTER(c)) \
  HANDLER(o, 4, TO_A; const Value *x = CONSTANT(b), *y = REGISTER(c)) \
  HANDLER(o, 5, Value *to = &accumulator; const Value *x = to, *y = REGISTER(b)) \
  HANDLER(o, 6, Value *to = &accumulator; IMMEDIATE((int8_t)at.b); const Value *x = to, *y = &small) \
  HANDLER(o, 7, Value *to = &cells[(at.a + (uint32_t)whole(REGISTER(b))) & (REGISTERS - 1)]; \
          const Value *x = to, *y = REGISTER(c)) \
  HANDLER_AND(o, 8, if (result.kind == INTEGER ? (result.i & 1) : result.d > 0) pc += at.a & 7, \
              Value result, *to = &result; const Value *x = REGISTER(b), *y = REGISTER(c)) \
  HANDLER_AND(o, 9, *REGISTER(a) = result; if (whole(&result) & 2) taken++, \
              Value result, *to = &result; const Value *x = &cells[at.b & (REGISTERS - 1)], *y = &accumulator)

static uint32_t machine(void) {
  Value accumulator = {INTEGER, 1, 0};
  uint32_t taken = 0, steps = 0;
  for (const Instruction *pc = program; pc < program + LENGTH; steps++) {
    const Instruction at = *pc++;
    switch (at.op) {
      HANDLERS(0) HANDLERS(1) HANDLERS(2) HANDLERS(3) HANDLERS(4) HANDLERS(5) HANDLERS(6) HANDLERS(7) HANDLERS(8)
      HANDLERS(9) HANDLERS(10) HANDLERS(11) HANDLERS(12) HANDLERS(13) HANDLERS(14) HANDLERS(15) HANDLERS(16)
      HANDLERS(17) HANDLERS(18) HANDLERS(19) HANDLERS(20) HANDLERS(21) HANDLERS(22) HANDLERS(23) HANDLERS(24)
      default: return 0;
    }
  }
  return taken * 31 + steps + (uint32_t)whole(&accumulator);
}

RUN(int32_t) {
  uint32_t state = 2463534242u, sum = 0;
  for (int i = 0; i < REGISTERS; i++) {
    set_integer(&registers[i], (int32_t)(xorshift32(&state) % 2000) - 1000);
    set_float(&cells[i], (double)(xorshift32(&state) % 9000) / 8);
  }
  for (int i = 0; i < CONSTANTS; i++) set_float(&constants[i], (double)(xorshift32(&state) % 4000) / 4 - 300);
  for (int i = 0; i < LENGTH + 8; i++) {
    Instruction *one = &program[i];
    // Some instructions are much more frequent than others.
    uint32_t draw = xorshift32(&state), few = xorshift32(&state) & 3;
    one->op = (uint8_t)((few ? draw % 60 * 4 + few : draw) % (FORMS * OPERATIONS));
    one->a = (uint8_t)(xorshift32(&state) >> 3), one->b = (uint8_t)(xorshift32(&state) >> 5), one->c = (uint8_t)(xorshift32(&state) >> 7);
  }
  for (int32_t round = 0; round < n; round++) sum = rotl32(sum, 5) ^ machine();
  for (int i = 0; i < REGISTERS; i++) sum = rotl32(sum, 3) + (uint32_t)whole(&registers[i]);
  return (int32_t)sum;
}
