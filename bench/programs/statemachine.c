// br_table and byte loads: recognises numbers, names, texts and comments in a stream of n bytes, one state per byte.
#include "program.h"

enum State { SPACE, NAME, ZERO, DECIMAL, POINT, FRACTION, EXPONENT, SIGN, POWER, TEXT, ESCAPE, SLASH, COMMENT, STAR, OTHER, STATES };
static const char pattern[] = "alpha = 12.50e-3 + 0x; /* note * here */ beta9 = \"te\\\"xt\" / 7. ; 1e+9 0.25 {gamma} \n";

static int is_letter(uint32_t c) { return (c | 32) - 'a' < 26 || c == '_'; }
static int is_digit(uint32_t c) { return c - '0' < 10; }

static enum State begin(uint32_t c) {
  if (is_letter(c)) return NAME;
  if (is_digit(c)) return c == '0' ? ZERO : DECIMAL;
  switch (c) {
    case ' ':
    case '\n': return SPACE;
    case '"': return TEXT;
    case '/': return SLASH;
    case '.': return POINT;
    default: return OTHER;
  }
}

static enum State next(enum State state, uint32_t c) {
  switch (state) {
    case NAME: return is_letter(c) || is_digit(c) ? NAME : begin(c);
    case ZERO: return c == '.' ? POINT : begin(c);
    case DECIMAL: return is_digit(c) ? DECIMAL : c == '.' ? POINT : (c | 32) == 'e' ? EXPONENT : begin(c);
    case POINT:
    case FRACTION: return is_digit(c) ? FRACTION : (c | 32) == 'e' && state == FRACTION ? EXPONENT : begin(c);
    case EXPONENT: return c == '+' || c == '-' ? SIGN : is_digit(c) ? POWER : OTHER;
    case SIGN: return is_digit(c) ? POWER : OTHER;
    case POWER: return is_digit(c) ? POWER : begin(c);
    case TEXT: return c == '\\' ? ESCAPE : c == '"' ? OTHER : TEXT;
    case ESCAPE: return TEXT;
    case SLASH: return c == '*' ? COMMENT : begin(c);
    case COMMENT: return c == '*' ? STAR : COMMENT;
    case STAR: return c == '/' ? OTHER : c == '*' ? STAR : COMMENT;
    default: return begin(c);
  }
}

RUN(int32_t) {
  uint32_t seen[STATES] = {0}, entered = 0, at = 0;
  enum State state = SPACE;
  for (int32_t i = 0; i < n; i++) {
    enum State to = next(state, (uint8_t)pattern[at]);
    if (++at == sizeof pattern - 1) at = 0;
    seen[to]++;
    entered += to != state;
    state = to;
  }
  uint32_t sum = entered;
  for (int i = 0; i < STATES; i++) sum = sum * 31 + seen[i];
  return (int32_t)sum;
}
