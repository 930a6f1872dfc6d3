// A regular-expression engine that backtracks, its matcher one function: 12 kinds of characters, each in 13 forms of repetition (as fast
// engines have them), and groups, branches, back references, looks ahead. It searches a generated log for 20 patterns, n times.
#include "program.h"

enum { MAX_CODE = 4096, MAX_SETS = 64, MAX_SLOTS = 48, MAX_STACK = 1 << 14, GROUPS = 10, TEXT = 2000, ENDLESS = 1 << 30 };
enum { LETTER, NOT_LETTER, FOLDED, ANY, DIGIT, NOT_DIGIT, WORD, NOT_WORD, SPACE, SET, RANGE, EITHER, KINDS };
// A repetition tries more first, or fewer first (LAZY), or never gives back what it took (OWNED); LAZY_STEP takes one more.
enum { ONE, MAYBE, MAYBE_LAZY, MAYBE_OWNED, STAR, STAR_LAZY, STAR_OWNED, PLUS, PLUS_LAZY, PLUS_OWNED, COUNT, COUNT_OWNED, LAZY_STEP, FORMS };
enum { ACCEPT = KINDS * FORMS, JUMP, SPLIT, SPLIT_LAZY, SAVE, LOOP_BEGIN, LOOP_END, LINE_BEGIN, LINE_END, BORDER, NO_BORDER, BACK, LOOK, LOOK_END, NOT_LOOK, NOT_LOOK_END };
enum { BRANCH, RUN_OF, LAZY, SLOT };

typedef struct {
  int32_t op, a, b, low, high;
} Code;
typedef struct {
  int32_t what, pc, at, low;
} Entry;

static Code codes[MAX_CODE];
static uint32_t sets[MAX_SETS][8];
static Entry stack[MAX_STACK];
static int32_t slots[MAX_SLOTS];
static uint8_t words[256], text[TEXT + 128];
static int32_t written, used_codes, used_sets, used_slots, groups;

// ---- the compiler ----

static const char *at_source;
static void alternatives(void);

static int32_t put(int32_t op, int32_t a, int32_t b) {
  codes[used_codes] = (Code){op, a, b, 0, 0};
  return used_codes++;
}
static int is_word(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
static void add(int32_t set, int c) { sets[set][c >> 5] |= 1u << (c & 31); }
static void add_class(int32_t set, int class) {
  for (int c = 0; c < 128; c++)
    if (class == 'd' ? c >= '0' && c <= '9' : class == 'w' ? is_word(c) : c == ' ' || (c >= 9 && c <= 13)) add(set, c);
}
/** A set in brackets; one range and two letters have kinds of their own. */
static void bracket(void) {
  const char *from = at_source;
  if (from[0] != '^' && from[0] != '\\' && from[1] == '-' && from[3] == ']') {
    at_source += 4, put(RANGE * FORMS, from[0], from[2] - from[0]);
    return;
  }
  if (from[0] != '^' && from[0] != '\\' && from[2] == ']') {
    at_source += 3, put(EITHER * FORMS, from[0], from[1]);
    return;
  }
  int32_t set = used_sets++, negative = *at_source == '^';
  for (int i = 0; i < 8; i++) sets[set][i] = 0;
  for (at_source += negative; *at_source != ']'; at_source++) {
    if (*at_source == '\\' && *++at_source != '\\') add_class(set, *at_source);
    else if (at_source[1] == '-' && at_source[2] != ']') {
      for (int c = *at_source; c <= at_source[2]; c++) add(set, c);
      at_source += 2;
    } else add(set, *at_source);
  }
  if (negative) for (int i = 0; i < 8; i++) sets[set][i] = ~sets[set][i];
  at_source++, put(SET * FORMS, set, 0);
}
static void escape(void) {
  int c = *at_source++;
  switch (c) {
    case 'd': put(DIGIT * FORMS, 0, 0); break;
    case 'D': put(NOT_DIGIT * FORMS, 0, 0); break;
    case 'w': put(WORD * FORMS, 0, 0); break;
    case 'W': put(NOT_WORD * FORMS, 0, 0); break;
    case 's': put(SPACE * FORMS, 0, 0); break;
    case 'b': put(BORDER, 0, 0); break;
    case 'B': put(NO_BORDER, 0, 0); break;
    default:
      if (c >= '1' && c <= '9') put(BACK, c - '0', 0);
      else put(LETTER * FORMS, c, 0);
  }
}
static void group(void) {
  int32_t number = 0, look = 0;
  if (*at_source != '?') number = ++groups, put(SAVE, number * 2, 0);
  else if (at_source[1] == ':') at_source += 2;
  else look = put(at_source[1] == '=' ? LOOK : NOT_LOOK, used_slots++, 0), at_source += 2;
  alternatives();
  at_source++;
  if (number) put(SAVE, number * 2 + 1, 0);
  else if (look) put(codes[look].op + 1, codes[look].a, 0), codes[look].b = used_codes;
}
static void atom(void) {
  int c = *at_source++;
  switch (c) {
    case '.': put(ANY * FORMS, 0, 0); break;
    case '^': put(LINE_BEGIN, 0, 0); break;
    case '$': put(LINE_END, 0, 0); break;
    case '[': bracket(); break;
    case '(': group(); break;
    case '\\': escape(); break;
    // A letter in any case, and anything but a letter.
    case '~': put(FOLDED * FORMS, *at_source++, 0); break;
    case '!': put(NOT_LETTER * FORMS, *at_source++, 0); break;
    default: put(LETTER * FORMS, c, 0);
  }
}
static int32_t decimal(void) {
  int32_t value = 0;
  while (*at_source >= '0' && *at_source <= '9') value = value * 10 + *at_source++ - '0';
  return value;
}
/** A group that repeats: what must be there is compiled again and again, what may be there stands in a loop or in branches. */
static void repeat_group(const char *source, int32_t start, int32_t low, int32_t high, int lazy, int32_t groups_before) {
  const char *after = at_source;
  used_codes = start;
#define AGAIN groups = groups_before, at_source = source, atom()
  for (int32_t i = 0; i < low; i++) AGAIN;
  if (high == ENDLESS) {
    int32_t loop = used_slots++, split = put(SPLIT + lazy, 0, 0);
    put(LOOP_BEGIN, loop, 0);
    AGAIN;
    put(LOOP_END, loop, 0), put(JUMP, split, 0);
    codes[split].a = used_codes;
  } else {
    int32_t splits[16], count = 0;
    for (int32_t i = low; i < high; i++) {
      splits[count++] = put(SPLIT + lazy, 0, 0);
      AGAIN;
    }
    while (count) codes[splits[--count]].a = used_codes;
  }
  at_source = after;
}
static void term(void) {
  const char *source = at_source;
  int32_t start = used_codes, groups_before = groups, low = 1, high = 1, form = ONE;
  atom();
  switch (*at_source) {
    case '*': at_source++, low = 0, high = ENDLESS, form = STAR; break;
    case '+': at_source++, high = ENDLESS, form = PLUS; break;
    case '?': at_source++, low = 0, form = MAYBE; break;
    case '{':
      at_source++, low = high = decimal(), form = COUNT;
      if (*at_source == ',') at_source++, high = *at_source == '}' ? ENDLESS : decimal();
      at_source++;
      break;
    default: return;
  }
  int32_t lazy = *at_source == '?', owned = *at_source == '+';
  at_source += lazy + owned;
  Code *one = &codes[start];
  if (used_codes == start + 1 && one->op < ACCEPT && !(lazy && form == COUNT)) one->op += form + (owned ? (form == COUNT ? 1 : 2) : lazy), one->low = low, one->high = high;
  else repeat_group(source, start, low, high, lazy, groups_before);
}
static void alternatives(void) {
  int32_t jumps[16], count = 0;
  for (;;) {
    int32_t split = put(SPLIT, 0, 0);
    while (*at_source && *at_source != '|' && *at_source != ')') term();
    if (*at_source != '|') {
      // The last one has none behind it to branch to.
      codes[split] = (Code){JUMP, split + 1, 0, 0, 0};
      break;
    }
    at_source++;
    jumps[count++] = put(JUMP, 0, 0);
    codes[split].a = used_codes;
  }
  while (count) codes[jumps[--count]].a = used_codes;
}
static int32_t compile(const char *source) {
  int32_t start = used_codes;
  at_source = source, groups = 0, used_slots = GROUPS * 2;
  put(SAVE, 0, 0);
  alternatives();
  put(SAVE, 1, 0), put(ACCEPT, 0, 0);
  return start;
}

// ---- the matcher ----

#define TEST_LETTER(c) (c == code->a)
#define TEST_NOT_LETTER(c) (c != code->a)
#define TEST_FOLDED(c) ((c | 32) == code->a)
#define TEST_ANY(c) (c != '\n')
#define TEST_DIGIT(c) ((uint32_t)(c - '0') < 10)
#define TEST_NOT_DIGIT(c) ((uint32_t)(c - '0') >= 10)
#define TEST_WORD(c) words[c]
#define TEST_NOT_WORD(c) !words[c]
#define TEST_SPACE(c) (c == ' ' || (uint32_t)(c - 9) < 5)
#define TEST_SET(c) (sets[code->a][c >> 5] >> (c & 31) & 1)
#define TEST_RANGE(c) ((uint32_t)(c - code->a) <= (uint32_t)code->b)
#define TEST_EITHER(c) (c == code->a || c == code->b)

#define FAIL goto fail
#define PUSH(w, p, a, l) \
  do { if (top == MAX_STACK) return -2; stack[top++] = (Entry){w, p, a, l}; } while (0)
#define IS(kind) (at < end && ({ int32_t c = text[at]; TEST_##kind(c); }))
#define TAKE_ALL(kind) while (IS(kind)) at++
#define TAKE_UP_TO(kind, most) for (int32_t left = most; left > 0 && IS(kind); left--) at++
#define GIVE_BACK(from) if (at > (from)) PUSH(RUN_OF, pc + 1, at, from)
#define CASE(kind, form) case kind * FORMS + form
#define KIND(kind) \
  CASE(kind, ONE): if (!IS(kind)) FAIL; at++, pc++; break; \
  CASE(kind, MAYBE): if (IS(kind)) { PUSH(BRANCH, pc + 1, at, 0); at++; } pc++; break; \
  CASE(kind, MAYBE_LAZY): if (IS(kind)) PUSH(BRANCH, pc + 1, at + 1, 0); pc++; break; \
  CASE(kind, MAYBE_OWNED): if (IS(kind)) at++; pc++; break; \
  CASE(kind, STAR): { int32_t from = at; TAKE_ALL(kind); GIVE_BACK(from); pc++; break; } \
  CASE(kind, STAR_LAZY): PUSH(LAZY, pc, at, kind * FORMS + LAZY_STEP); pc++; break; \
  CASE(kind, STAR_OWNED): TAKE_ALL(kind); pc++; break; \
  CASE(kind, PLUS): { int32_t from = at + 1; if (!IS(kind)) FAIL; TAKE_ALL(kind); GIVE_BACK(from); pc++; break; } \
  CASE(kind, PLUS_LAZY): if (!IS(kind)) FAIL; at++; PUSH(LAZY, pc, at, kind * FORMS + LAZY_STEP); pc++; break; \
  CASE(kind, PLUS_OWNED): if (!IS(kind)) FAIL; TAKE_ALL(kind); pc++; break; \
  CASE(kind, COUNT): { int32_t from = at + code->low; TAKE_UP_TO(kind, code->high); if (at < from) FAIL; GIVE_BACK(from); pc++; break; } \
  CASE(kind, COUNT_OWNED): { int32_t from = at + code->low; TAKE_UP_TO(kind, code->high); if (at < from) FAIL; pc++; break; } \
  CASE(kind, LAZY_STEP): if (!IS(kind)) FAIL; at++; PUSH(LAZY, pc, at, kind * FORMS + LAZY_STEP); pc++; break;
#define AT_BORDER ((at > 0 && words[text[at - 1]]) != (at < end && words[text[at]]))

/** Where the leftmost match begins, with its parts in `slots`; -1: nowhere, -2: it was too much. */
static int32_t search(int32_t entry, int32_t from, int32_t end, uint32_t *steps) {
  for (int32_t begin = from; begin <= end; begin++) {
    int32_t pc = entry, at = begin, top = 0;
    for (int i = 0; i < GROUPS * 2; i++) slots[i] = -1;
    int32_t op = codes[pc].op;
    for (;;) {
      const Code *code = &codes[pc];
      ++*steps;
      switch (op) {
        KIND(LETTER) KIND(NOT_LETTER) KIND(FOLDED) KIND(ANY) KIND(DIGIT) KIND(NOT_DIGIT) KIND(WORD) KIND(NOT_WORD)
        KIND(SPACE) KIND(SET) KIND(RANGE) KIND(EITHER)
        case ACCEPT: return begin;
        case JUMP: pc = code->a; break;
        case SPLIT: PUSH(BRANCH, code->a, at, 0); pc++; break;
        case SPLIT_LAZY: PUSH(BRANCH, pc + 1, at, 0); pc = code->a; break;
        case SAVE: case LOOP_BEGIN: PUSH(SLOT, code->a, slots[code->a], 0); slots[code->a] = at, pc++; break;
        // A turn that took nothing would be taken for ever.
        case LOOP_END: if (slots[code->a] == at) FAIL; pc++; break;
        case LINE_BEGIN: if (at > 0 && text[at - 1] != '\n') FAIL; pc++; break;
        case LINE_END: if (at < end && text[at] != '\n') FAIL; pc++; break;
        case BORDER: if (!AT_BORDER) FAIL; pc++; break;
        case NO_BORDER: if (AT_BORDER) FAIL; pc++; break;
        case BACK: {
          int32_t one = slots[code->a * 2], last = slots[code->a * 2 + 1];
          if (one < 0 || last < one) FAIL;
          for (; one < last; one++, at++) if (at >= end || text[at] != text[one]) FAIL;
          pc++;
          break;
        }
        case LOOK: case NOT_LOOK: slots[code->a] = top; PUSH(BRANCH, code->op == LOOK ? -1 : code->b, at, 0); pc++; break;
        case LOOK_END: top = slots[code->a], at = stack[top].at, pc++; break;
        case NOT_LOOK_END: top = slots[code->a]; FAIL;
        default: return -3;
      }
      op = codes[pc].op;
      continue;
    fail:
      if (top == 0) break;
      Entry *entry = &stack[--top];
      switch (entry->what) {
        case BRANCH:
          // What stands before a look ahead is no place to go on at.
          if (entry->pc < 0) goto fail;
          pc = entry->pc, at = entry->at;
          break;
        case RUN_OF: pc = entry->pc, at = --entry->at; if (at > entry->low) top++; break;
        case LAZY: pc = entry->pc, at = entry->at, op = entry->low; continue;
        case SLOT: slots[entry->pc] = entry->at; goto fail;
      }
      op = codes[pc].op;
    }
  }
  return -1;
}

// ---- the log, and what is searched ----

static void say(const char *one) {
  while (*one) text[written++] = (uint8_t)*one++;
}
static void say_number(uint32_t value) {
  char digits[12];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) text[written++] = (uint8_t)digits[--count];
}
static void say_line(uint32_t *state) {
  static const char *const names[] = {"alice", "Bob", "carol_9", "dave", "erin", "the the", "index.html", "a.b-c"};
  static const char *const hosts[] = {"example.org", "mail.test.net", "10.0.0.1", "localhost", "db-3.internal"};
  static const char *const kinds[] = {"ERROR", "warning", "Info", "debug", "error"};
#define DRAW(list) list[xorshift32(state) % (sizeof(list) / sizeof(*list))]
  say_number(1990 + xorshift32(state) % 40), say("-0"), say_number(1 + xorshift32(state) % 9), say("-"), say_number(10 + xorshift32(state) % 20);
  say(" "), say(DRAW(kinds)), say(": ");
  switch (xorshift32(state) % 6) {
    case 0: say("mail from <"), say(DRAW(names)), say("@"), say(DRAW(hosts)), say(">"); break;
    case 1: say("GET /"), say(DRAW(names)), say("?id="), say_number(xorshift32(state) % 100000), say("&x=0x1fA"); break;
    case 2: say("\""), say(DRAW(names)), say(" said \\\"no\\\"\" to "), say(DRAW(names)); break;
    case 3: say_number(xorshift32(state) % 256), say("."), say_number(xorshift32(state) % 256), say(".7."), say_number(xorshift32(state) % 256); break;
    case 4: say("key="), say(DRAW(names)), say("; value="), say_number(xorshift32(state)), say("."), say_number(xorshift32(state) % 100), say(";"); break;
    default: say("<b>"), say(DRAW(names)), say("</b><i>"), say(DRAW(names)), say("</i>\taaaaab");
  }
  say("\n");
}

static const char *const patterns[] = {
    "(\\d{4})-(\\d\\d)-(\\d{1,2})", "[\\w.]+@[\\w-]+(?:\\.[\\w-]+)*", "^.*?~e~r~r~o~r: (.*)$", "\"(?:\\\\.|[^\"\\\\])*+\"",
    "(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)", "<([a-z])>(.*?)</\\1>", "\\b(\\w+) \\1\\b",
    "(a|aa)+b", "(?=.*;)key=(!;+)", "0x[0-9a-fA-F]{1,8}+", "\\w+(?=:)", "(?:[aeiou][^aeiou\\s]){2,3}", "\\D+?\\d+?\\.",
    "(\\w+)=(\\w+?)(?:[;&]|$)", "[ab]{2,5}b", "(?!ERROR|error)\\b[A-Za-z]+: ", "\\s[^\\s]*|\\W{3}", "(?:x*y?)*z|o\\B.{2}?\\b",
    "/[a-z]+(?:\\.[a-z]+)?+\\??", "!e{20,}?;"};
enum { PATTERNS = sizeof(patterns) / sizeof(*patterns) };

RUN(int32_t) {
  int32_t entries[PATTERNS];
  uint32_t state = 362436069u, sum = 0, steps = 0;
  used_codes = used_sets = 0;
  for (int c = 0; c < 256; c++) words[c] = (uint8_t)is_word(c);
  for (int i = 0; i < PATTERNS; i++) entries[i] = compile(patterns[i]);
  for (int32_t round = 0; round < n; round++) {
    // Lines change from round to round.
    written = 0;
    while (written < TEXT / 4) say_line(&state);
    for (int i = 0; i < PATTERNS; i++) {
      for (int32_t from = 0; from <= written;) {
        int32_t found = search(entries[i], from, written, &steps);
        sum = sum * 31 + (uint32_t)found;
        if (found < 0) break;
        for (int k = 1; k < GROUPS * 2; k++) sum = rotl32(sum, 5) ^ (uint32_t)slots[k];
        from = slots[1] > found ? slots[1] : found + 1;
      }
    }
  }
  return (int32_t)(sum ^ steps);
}
