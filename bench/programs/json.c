// A JSON parser that is one function: scanning of blanks, texts and numbers stands in each of its states. It reads a document of a few
// hundred kilobytes, made once, into nodes, and walks them, n times.
#include "program.h"

#define INLINE static inline __attribute__((always_inline))
enum { NIL, FALSE, TRUE, NUMBER, TEXT, LIST, OBJECT };
typedef struct {
  int32_t kind, next, first, count;
  double number;
  const char *text;
  int32_t length, name_hash;
} Node;
enum { MAX_NODES = 40000, MAX_DEPTH = 64, MAX_BYTES = 400000 };
static Node nodes[MAX_NODES];
static char document[MAX_BYTES];
static int32_t written;

// ---- the document ----

static void put(const char *text) {
  while (*text) document[written++] = *text++;
}
static void put_number(uint32_t value) {
  char digits[12];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) document[written++] = digits[--count];
}
static void put_text(uint32_t *state) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz_ -/";
  document[written++] = '"';
  for (uint32_t i = xorshift32(state) % 14 + 1; i > 0; i--) document[written++] = letters[xorshift32(state) % 30];
  if (xorshift32(state) % 5 == 0) put("\\n\\u00e9\\\"");
  document[written++] = '"';
}
static void put_value(uint32_t *state, int depth) {
  uint32_t kind = xorshift32(state) % (depth > 5 ? 5 : 9);
  if (kind == 0) put("null");
  else if (kind == 1) put(xorshift32(state) & 1 ? "true" : "false");
  else if (kind == 2) put_text(state);
  else if (kind < 5) {
    if (xorshift32(state) & 1) put("-");
    put_number(xorshift32(state) % 100000);
    if (xorshift32(state) & 1) put("."), put_number(xorshift32(state) % 1000);
    if (xorshift32(state) % 4 == 0) put("e2");
  } else {
    put(kind < 7 ? "[" : "{ ");
    for (uint32_t i = 0, count = xorshift32(state) % 6; i < count; i++) {
      if (i) put(", ");
      if (kind >= 7) put_text(state), put(": ");
      put_value(state, depth + 1);
    }
    put(kind < 7 ? "]" : "\n}");
  }
}

// ---- the parser ----

INLINE const char *blanks(const char *at) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
  return at;
}
INLINE int hex(char one) { return one <= '9' ? one - '0' : (one | 32) - 'a' + 10; }
/** Behind the closing quote, or 0. The hash is of the text as it is meant. */
INLINE const char *text(const char *at, int32_t *hash, int32_t *length) {
  uint32_t sum = 2166136261u;
  int32_t count = 0;
  for (at++; *at != '"'; count++) {
    uint32_t one = (uint8_t)*at++;
    if (one < 32) return 0;
    if (one == '\\') {
      switch (one = (uint8_t)*at++) {
        case 'n': one = '\n'; break;
        case 't': one = '\t'; break;
        case 'r': one = '\r'; break;
        case 'b': one = '\b'; break;
        case 'f': one = '\f'; break;
        case 'u': one = (uint32_t)(hex(at[0]) << 12 | hex(at[1]) << 8 | hex(at[2]) << 4 | hex(at[3])), at += 4; break;
        case '"': case '\\': case '/': break;
        default: return 0;
      }
    }
    sum = (sum ^ one) * 16777619u;
  }
  *hash = (int32_t)sum, *length = count;
  return at + 1;
}
INLINE const char *number(const char *at, double *value) {
  double sum = 0, scale = 1;
  int negative = *at == '-', exponent = 0;
  if (negative) at++;
  if (*at < '0' || *at > '9') return 0;
  for (; *at >= '0' && *at <= '9'; at++) sum = sum * 10 + (*at - '0');
  if (*at == '.')
    for (at++; *at >= '0' && *at <= '9'; at++) sum = sum * 10 + (*at - '0'), scale *= 10;
  if ((*at | 32) == 'e') {
    int down = at[1] == '-';
    at += at[1] == '-' || at[1] == '+' ? 2 : 1;
    for (; *at >= '0' && *at <= '9'; at++) exponent = exponent * 10 + (*at - '0');
    for (; exponent > 0; exponent--) if (down) scale *= 10; else sum *= 10;
  }
  *value = (negative ? -sum : sum) / scale;
  return at;
}
#define FAIL return -(int32_t)(at - document)
#define WORD(a, b, c) (at[1] == a && at[2] == b && at[3] == c)
// One value at `at`; lists and objects are opened. Stands in every state that a value may follow.
#define VALUE(name) \
  { \
    Node *node = &nodes[used]; \
    node->next = node->first = -1, node->count = 0, node->name_hash = name; \
    if (last[depth] >= 0) nodes[last[depth]].next = used; \
    else if (depth > 0) nodes[open[depth]].first = used; \
    if (depth > 0) nodes[open[depth]].count++; \
    last[depth] = used++; \
    switch (*at) { \
      case '"': node->kind = TEXT, node->text = at; if (!(at = text(at, &node->length, &node->count))) return -1; break; \
      case '{': node->kind = OBJECT; depth++, open[depth] = used - 1, last[depth] = -1; at = blanks(at + 1); \
        if (*at == '}') goto close; \
        goto member; \
      case '[': node->kind = LIST; depth++, open[depth] = used - 1, last[depth] = -1; at = blanks(at + 1); \
        if (*at == ']') goto close; \
        goto item; \
      case 't': if (!WORD('r', 'u', 'e')) FAIL; node->kind = TRUE, at += 4; break; \
      case 'f': if (!WORD('a', 'l', 's')) FAIL; node->kind = FALSE, at += 5; break; \
      case 'n': if (!WORD('u', 'l', 'l')) FAIL; node->kind = NIL, at += 4; break; \
      default: node->kind = NUMBER; if (!(at = number(at, &node->number))) return -2; \
    } \
    at = blanks(at); \
  }

static int32_t parse(const char *at) {
  int32_t used = 0, depth = 0, hash, length, open[MAX_DEPTH], last[MAX_DEPTH];
  last[0] = -1;
  at = blanks(at);
  VALUE(0)
  goto after;
item:
  VALUE(1)
  if (*at != ',') goto after;
  at = blanks(at + 1);
  VALUE(2)
  if (*at != ',') goto after;
  at = blanks(at + 1);
  VALUE(3)
  if (*at != ',') goto after;
  at = blanks(at + 1);
  VALUE(4)
  if (*at != ',') goto after;
  at = blanks(at + 1);
  VALUE(5)
after:
  if (depth == 0) return used;
  if (nodes[open[depth]].kind == LIST) {
    if (*at == ']') goto close;
    if (*at != ',') FAIL;
    at = blanks(at + 1);
    if (depth & 1) goto item;
    VALUE(6)
    goto after;
  }
  if (*at == '}') goto close;
  if (*at != ',') FAIL;
  at = blanks(at + 1);
member:
  if (*at != '"' || !(at = text(at, &hash, &length))) return -3;
  at = blanks(at);
  if (*at != ':') FAIL;
  at = blanks(at + 1);
  VALUE(hash)
  if (*at != ',') goto after;
  at = blanks(at + 1);
  if (*at != '"' || !(at = text(at, &hash, &length))) return -3;
  at = blanks(at);
  if (*at != ':') FAIL;
  at = blanks(at + 1);
  VALUE(hash ^ length)
  goto after;
close:
  depth--, at = blanks(at + 1);
  goto after;
}

RUN(int32_t) {
  uint32_t state = 88172645u, sum = 0;
  written = 0;
  put("[");
  for (int i = 0; written < MAX_BYTES / 8; i++) {
    if (i) put(",");
    put_value(&state, 0);
  }
  put("]"), document[written] = 0;
  for (int32_t round = 0; round < n; round++) {
    int32_t used = parse(document);
    sum = rotl32(sum, 7) ^ (uint32_t)used;
    for (int32_t i = 0; i < used; i++) {
      const Node *node = &nodes[i];
      sum = sum * 31 + (uint32_t)(node->kind ^ node->name_hash ^ node->count);
      if (node->kind == NUMBER) sum += (uint32_t)(int32_t)(node->number / 1024);
      if (node->kind == TEXT) sum ^= (uint32_t)node->length;
    }
  }
  return (int32_t)sum;
}
