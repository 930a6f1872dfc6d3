// A day's mix, each part feeding the next through a CRC-16: linked lists searched, reversed and merge-sorted,
// small 16-bit matrices, and a state machine over text. n rounds.
#include "program.h"

#include <string.h>

static uint16_t crc16(uint16_t crc, uint32_t value, int bytes) {
  for (; bytes > 0; bytes--, value >>= 8) {
    crc ^= (uint16_t)(value & 255);
    for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
  }
  return crc;
}

// ---- lists ----

enum { NODES = 100 };
typedef struct Node {
  struct Node *next;
  int16_t key, tag;
} Node;
static Node nodes[NODES];

static Node *reverse(Node *list) {
  Node *done = NULL;
  while (list) {
    Node *next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

static Node *find(Node *list, int16_t key) {
  while (list && list->key != key) list = list->next;
  return list;
}

static int by_key(const Node *a, const Node *b) { return a->key - b->key; }
static int by_tag(const Node *a, const Node *b) { return a->tag - b->tag; }

static Node *merge_sort(Node *list, int (*order)(const Node *, const Node *)) {
  if (!list || !list->next) return list;
  Node *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  Node *right = merge_sort(slow->next, order);
  slow->next = NULL;
  Node *left = merge_sort(list, order), *head = NULL, **tail = &head;
  while (left && right) {
    Node **from = order(left, right) <= 0 ? &left : &right;
    *tail = *from;
    tail = &(*from)->next;
    *from = (*from)->next;
  }
  *tail = left ? left : right;
  return head;
}

static uint16_t lists(uint16_t crc) {
  uint32_t random = 0x1234567u + crc;
  for (int i = 0; i < NODES; i++) {
    uint32_t r = xorshift32(&random);
    nodes[i] = (Node){i + 1 < NODES ? &nodes[i + 1] : NULL, (int16_t)(r & 255), (int16_t)i};
  }
  Node *list = nodes;
  for (int i = 0; i < 16; i++) {
    list = reverse(list);
    Node *found = find(list, (int16_t)((crc + i * 5) & 255));
    crc = crc16(crc, found ? (uint32_t)found->tag : 255, 1);
  }
  list = merge_sort(list, by_key);
  for (Node *node = list; node; node = node->next) crc = crc16(crc, (uint16_t)node->key, 2);
  list = merge_sort(list, by_tag);
  return crc16(crc, (uint16_t)list->key, 2);
}

// ---- matrices ----

enum { SIDE = 12 };
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static uint16_t matrices(uint16_t crc) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      left[i][j] = (int16_t)(crc + i * 3 - j);
      right[i][j] = (int16_t)((crc >> 3) - i + j * 5);
    }
  }
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      uint32_t sum = 0; // wraps around
      for (int k = 0; k < SIDE; k++) sum += (uint32_t)left[i][k] * (uint32_t)right[k][j];
      product[i][j] = (int32_t)sum >> 3;
    }
  }
  int16_t clipped = 0, before = 0;
  for (int i = 0; i < SIDE * SIDE; i++) {
    int32_t value = product[i / SIDE][i % SIDE];
    clipped = (int16_t)(value > before ? clipped + 10 : clipped + (value & 1));
    before = (int16_t)value;
  }
  return crc16(crc, (uint16_t)clipped, 2);
}

// ---- state machine ----

enum State { START, INTEGER, SIGN, POINT, FLOAT, EXPONENT, POWER, INVALID, STATES };
static const char *const words[] = {"5012", "-874", "35.54400", "-110.700", "5.500e+3", "-.123e-2", "T0.3e-1F", "1.23.4"};

static enum State step(enum State state, char c) {
  int digit = c >= '0' && c <= '9';
  switch (state) {
    case START: return digit ? INTEGER : c == '-' || c == '+' ? SIGN : c == '.' ? POINT : INVALID;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : INVALID;
    case INTEGER: return digit ? INTEGER : c == '.' ? FLOAT : c == 'e' ? EXPONENT : INVALID;
    case POINT:
    case FLOAT: return digit ? FLOAT : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return digit || c == '-' || c == '+' ? POWER : INVALID;
    case POWER: return digit ? POWER : INVALID;
    default: return INVALID;
  }
}

static uint16_t states(uint16_t crc) {
  uint32_t ended[STATES] = {0}, passed[STATES] = {0};
  for (int i = 0; i < 64; i++) {
    enum State state = START;
    for (const char *c = words[(crc + i * 3) & 7]; *c; c++) {
      state = step(state, (char)(*c ^ (i % 23 == 0)));
      passed[state]++;
    }
    ended[state]++;
  }
  for (int i = 0; i < STATES; i++) crc = crc16(crc, ended[i] << 8 ^ passed[i], 4);
  return crc;
}

RUN(int32_t) {
  uint16_t crc = 0xffff;
  for (int32_t i = 0; i < n; i++) crc = states(matrices(lists(crc)));
  return crc;
}
