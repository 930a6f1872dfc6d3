// A B-tree with insertion and deletion, and the machine that runs queries over it, as databases have them: its loop is one function, in
// which steps of the cursor stand beside every filter. n rounds of queries: ranges, sums, joins of the tree with itself, updates, deletions.
#include "program.h"

enum { LEAST = 6, MOST = 2 * LEAST + 1, MAX_NODES = 4096, MAX_DEPTH = 8, REGISTERS = 16, CURSORS = 3, MAX_STEPS = 4000 };
typedef struct {
  int32_t count, is_leaf;
  int32_t keys[MOST], values[MOST], children[MOST + 1];
} Node;
typedef struct {
  int32_t depth;
  int32_t nodes[MAX_DEPTH], at[MAX_DEPTH];
} Cursor;

static Node nodes[MAX_NODES];
static int32_t root, free_node, used_nodes, entries;

#define INLINE static inline __attribute__((always_inline))

static int32_t new_node(int32_t is_leaf) {
  int32_t one = free_node;
  if (one) free_node = nodes[one].children[0];
  else one = used_nodes++;
  nodes[one].count = 0, nodes[one].is_leaf = is_leaf;
  return one;
}
static void release(int32_t one) { nodes[one].children[0] = free_node, free_node = one; }

/** The first place in a node whose key is not below `key`. */
INLINE int32_t lower_bound(const Node *node, int32_t key) {
  int32_t low = 0, high = node->count;
  while (low < high) {
    int32_t middle = (low + high) >> 1;
    if (node->keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

// ---- changes ----

static void open_place(Node *node, int32_t at, int32_t key, int32_t value) {
  for (int32_t i = node->count++; i > at; i--) node->keys[i] = node->keys[i - 1], node->values[i] = node->values[i - 1];
  node->keys[at] = key, node->values[at] = value;
}
static void close_place(Node *node, int32_t at) {
  node->count--;
  for (int32_t i = at; i < node->count; i++) node->keys[i] = node->keys[i + 1], node->values[i] = node->values[i + 1];
}
/** A full child becomes two; its middle entry goes up. */
static void split_child(Node *parent, int32_t at) {
  int32_t right_number = new_node(nodes[parent->children[at]].is_leaf);
  Node *left = &nodes[parent->children[at]], *right = &nodes[right_number];
  for (int32_t i = 0; i < LEAST; i++) right->keys[i] = left->keys[LEAST + 1 + i], right->values[i] = left->values[LEAST + 1 + i];
  for (int32_t i = 0; i <= LEAST; i++) right->children[i] = left->children[LEAST + 1 + i];
  left->count = right->count = LEAST;
  open_place(parent, at, left->keys[LEAST], left->values[LEAST]);
  for (int32_t i = parent->count; i > at + 1; i--) parent->children[i] = parent->children[i - 1];
  parent->children[at + 1] = right_number;
}
/** Full nodes are split on the way down. Whether the key is new. */
static int32_t insert(int32_t key, int32_t value) {
  if (nodes[root].count == MOST) {
    int32_t old = root;
    root = new_node(0), nodes[root].children[0] = old;
    split_child(&nodes[root], 0);
  }
  for (Node *node = &nodes[root];;) {
    int32_t at = lower_bound(node, key);
    if (at < node->count && node->keys[at] == key) {
      node->values[at] = value;
      return 0;
    }
    if (node->is_leaf) {
      open_place(node, at, key, value), entries++;
      return 1;
    }
    if (nodes[node->children[at]].count == MOST) split_child(node, at);
    else node = &nodes[node->children[at]];
  }
}
/** The entry between two children and all of the right one go into the left one. */
static void merge(Node *parent, int32_t at) {
  int32_t right_number = parent->children[at + 1];
  Node *left = &nodes[parent->children[at]], *right = &nodes[right_number];
  int32_t from = left->count + 1;
  left->keys[from - 1] = parent->keys[at], left->values[from - 1] = parent->values[at];
  for (int32_t i = 0; i < right->count; i++) left->keys[from + i] = right->keys[i], left->values[from + i] = right->values[i];
  for (int32_t i = 0; i <= right->count; i++) left->children[from + i] = right->children[i];
  left->count = from + right->count;
  close_place(parent, at);
  for (int32_t i = at + 1; i <= parent->count; i++) parent->children[i] = parent->children[i + 1];
  release(right_number);
}
/** A child with too few takes one entry from a neighbour through the parent, or becomes one with it. */
static void fill(Node *parent, int32_t at) {
  Node *child = &nodes[parent->children[at]];
  if (at > 0 && nodes[parent->children[at - 1]].count > LEAST) {
    Node *left = &nodes[parent->children[at - 1]];
    for (int32_t i = child->count + 1; i > 0; i--) child->children[i] = child->children[i - 1];
    open_place(child, 0, parent->keys[at - 1], parent->values[at - 1]);
    child->children[0] = left->children[left->count--];
    parent->keys[at - 1] = left->keys[left->count], parent->values[at - 1] = left->values[left->count];
  } else if (at < parent->count && nodes[parent->children[at + 1]].count > LEAST) {
    Node *right = &nodes[parent->children[at + 1]];
    open_place(child, child->count, parent->keys[at], parent->values[at]);
    child->children[child->count] = right->children[0];
    parent->keys[at] = right->keys[0], parent->values[at] = right->values[0];
    for (int32_t i = 0; i < right->count; i++) right->children[i] = right->children[i + 1];
    close_place(right, 0);
  } else merge(parent, at < parent->count ? at : at - 1);
}
/** An entry within the tree is replaced by the one before it, from a leaf; then the path is mended upwards. Whether there was one. */
static int32_t delete(int32_t key) {
  int32_t path[MAX_DEPTH], places[MAX_DEPTH], depth = 0, found_at = -1;
  for (int32_t now = root;; depth++) {
    Node *node = &nodes[now];
    int32_t at = found_at >= 0 ? node->count : lower_bound(node, key);
    path[depth] = now, places[depth] = at;
    if (found_at < 0 && at < node->count && node->keys[at] == key) found_at = depth;
    if (node->is_leaf) break;
    now = node->children[at];
  }
  if (found_at < 0) return 0;
  Node *leaf = &nodes[path[depth]];
  if (found_at == depth) close_place(leaf, places[depth]);
  else {
    Node *node = &nodes[path[found_at]];
    leaf->count--;
    node->keys[places[found_at]] = leaf->keys[leaf->count], node->values[places[found_at]] = leaf->values[leaf->count];
  }
  for (; depth > 0 && nodes[path[depth]].count < LEAST; depth--) fill(&nodes[path[depth - 1]], places[depth - 1]);
  if (nodes[root].count == 0 && !nodes[root].is_leaf) {
    int32_t old = root;
    root = nodes[old].children[0], release(old);
  }
  entries--;
  return 1;
}

// ---- cursors: the path to an entry; depth -1 is behind the last ----

#define PLACE(c) (c)->at[(c)->depth]
#define NODE(c) (&nodes[(c)->nodes[(c)->depth]])
INLINE void climb_right(Cursor *c) {
  while (c->depth >= 0 && PLACE(c) >= NODE(c)->count) c->depth--;
}
INLINE void seek(Cursor *c, int32_t key) {
  int32_t now = root;
  for (c->depth = 0;; c->depth++) {
    c->nodes[c->depth] = now, PLACE(c) = lower_bound(&nodes[now], key);
    if (nodes[now].is_leaf || (PLACE(c) < nodes[now].count && nodes[now].keys[PLACE(c)] == key)) break;
    now = nodes[now].children[PLACE(c)];
  }
  climb_right(c);
}
INLINE void next(Cursor *c) {
  PLACE(c)++;
  while (!NODE(c)->is_leaf) {
    int32_t child = NODE(c)->children[PLACE(c)];
    c->depth++, c->nodes[c->depth] = child, PLACE(c) = 0;
  }
  climb_right(c);
}
INLINE void previous(Cursor *c) {
  if (!NODE(c)->is_leaf) {
    while (!NODE(c)->is_leaf) {
      int32_t child = NODE(c)->children[PLACE(c)];
      c->depth++, c->nodes[c->depth] = child, PLACE(c) = nodes[child].count;
    }
  } else
    while (c->depth >= 0 && PLACE(c) == 0) c->depth--;
  if (c->depth >= 0) PLACE(c)--;
}
#define KEY(c) (NODE(c)->keys[PLACE(c)])
#define VALUE(c) (NODE(c)->values[PLACE(c)])

// ---- queries ----

// Operations on registers and cursors, then one for each of 6 comparisons, 3 things compared and 4 ways to go on.
enum { HALT, LOAD, MOVE, ADD, SUBTRACT, MULTIPLY, MIX, LEAST_OF, MOST_OF, JUMP, LOOP, SEEK, FIRST, NEXT, PREVIOUS, READ_KEY, READ_VALUE, INSERT, DELETE, UPDATE, SUM_TO, COUNT_TO, FIND, FILTERS };
enum { EQUAL, OTHER, BELOW, NOT_ABOVE, ABOVE, NOT_BELOW };
enum { OF_KEY, OF_VALUE, OF_REGISTER };
enum { GO, SKIP_FORWARD, SKIP_BACK, ADD_UP };
#define FILTER(comparison, of, way) (FILTERS + ((comparison) * 3 + (of)) * 4 + (way))
typedef struct {
  uint8_t op, a, b, c;
  int32_t to;
} Step;

#define R(field) registers[step->field & (REGISTERS - 1)]
#define CURSOR (&cursors[step->c % CURSORS])
#define WAYS(comparison, operator, of, value) \
  case FILTER(comparison, of, GO): if (CURSOR->depth >= 0 && value operator R(b)) pc = step->to; break; \
  case FILTER(comparison, of, SKIP_FORWARD): while (CURSOR->depth >= 0 && !(value operator R(b))) next(CURSOR), work++; break; \
  case FILTER(comparison, of, SKIP_BACK): while (CURSOR->depth >= 0 && !(value operator R(b))) previous(CURSOR), work++; break; \
  case FILTER(comparison, of, ADD_UP): \
    for (int32_t left = step->to; left > 0 && CURSOR->depth >= 0; left--, work++) { \
      if (value operator R(b)) R(a) = (int32_t)((uint32_t)R(a) + (uint32_t)VALUE(CURSOR)); \
      next(CURSOR); \
    } \
    break;
// OF_REGISTER compares what the key and the round's number make together.
#define FILTERS_OF(comparison, operator) \
  WAYS(comparison, operator, OF_KEY, KEY(CURSOR)) \
  WAYS(comparison, operator, OF_VALUE, VALUE(CURSOR)) \
  WAYS(comparison, operator, OF_REGISTER, (int32_t)((KEY(CURSOR) ^ (uint32_t)registers[0]) & 1023))
#define WRAPPED(operator) R(a) = (int32_t)((uint32_t)R(b) operator (uint32_t)R(c))

/** Runs a query until it halts; registers are what it is given and what it answers. */
static int32_t query(const Step *steps, int32_t *registers) {
  Cursor cursors[CURSORS];
  int32_t work = 0;
  for (int i = 0; i < CURSORS; i++) cursors[i].depth = -1;
  for (int32_t pc = 0; work < MAX_STEPS; work++) {
    const Step *step = &steps[pc++];
    switch (step->op) {
      case HALT: return work;
      case LOAD: R(a) = step->to; break;
      case MOVE: R(a) = R(b); break;
      case ADD: WRAPPED(+); break;
      case SUBTRACT: WRAPPED(-); break;
      case MULTIPLY: WRAPPED(*); break;
      case MIX: R(a) = (int32_t)(rotl32((uint32_t)R(a), 5) ^ (uint32_t)R(b)); break;
      case LEAST_OF: if (R(b) < R(a)) R(a) = R(b); break;
      case MOST_OF: if (R(b) > R(a)) R(a) = R(b); break;
      case JUMP: pc = step->to; break;
      case LOOP: if (--R(a) > 0) pc = step->to; break;
      case SEEK: seek(CURSOR, R(a)); break;
      case FIRST: seek(CURSOR, INT32_MIN); break;
      case NEXT: if (CURSOR->depth >= 0) next(CURSOR); if (CURSOR->depth < 0) pc = step->to; break;
      case PREVIOUS: if (CURSOR->depth >= 0) previous(CURSOR); if (CURSOR->depth < 0) pc = step->to; break;
      case READ_KEY: R(a) = CURSOR->depth >= 0 ? KEY(CURSOR) : -1; break;
      case READ_VALUE: R(a) = CURSOR->depth >= 0 ? VALUE(CURSOR) : -1; break;
      // Nodes move entries: every cursor would have to be found again.
      case INSERT: R(a) = insert(R(b), R(c)); for (int i = 0; i < CURSORS; i++) cursors[i].depth = -1; break;
      case DELETE: R(a) = delete(R(b)); for (int i = 0; i < CURSORS; i++) cursors[i].depth = -1; break;
      case UPDATE: if (CURSOR->depth >= 0) VALUE(CURSOR) = R(a); break;
      case SUM_TO: for (; CURSOR->depth >= 0 && KEY(CURSOR) < R(b); work++, next(CURSOR)) R(a) = (int32_t)((uint32_t)R(a) + (uint32_t)VALUE(CURSOR)); break;
      case COUNT_TO: for (; CURSOR->depth >= 0 && KEY(CURSOR) < R(b); work++, next(CURSOR)) R(a)++; break;
      case FIND: seek(CURSOR, R(b)); if (CURSOR->depth < 0 || KEY(CURSOR) != R(b)) pc = step->to; break;
      FILTERS_OF(EQUAL, ==) FILTERS_OF(OTHER, !=) FILTERS_OF(BELOW, <) FILTERS_OF(NOT_ABOVE, <=) FILTERS_OF(ABOVE, >) FILTERS_OF(NOT_BELOW, >=)
      default: return -1;
    }
  }
  return work;
}

// Register 0 is the round's number, 1 and 2 a range of keys, 3 a value; 8 is the answer.
static const Step sum_of_range[] = {{SEEK, 1, 0, 0, 0}, {SUM_TO, 8, 2, 0, 0}, {SEEK, 1, 0, 1, 0}, {COUNT_TO, 9, 2, 1, 0}, {MIX, 8, 9, 0, 0}, {HALT, 0, 0, 0, 0}};
/** Entries of a range whose value is above another; each is looked up anew by its value: a join of the tree with itself. */
static const Step joined[] = {
    {SEEK, 1, 0, 0, 0},
    {FILTER(ABOVE, OF_VALUE, SKIP_FORWARD), 0, 3, 0, 0},
    {FILTER(NOT_BELOW, OF_KEY, GO), 0, 2, 0, 9},
    {READ_VALUE, 5, 0, 0, 0},
    {READ_KEY, 6, 0, 0, 0},
    {FIND, 0, 5, 1, 7},
    {MIX, 8, 6, 0, 0},
    {NEXT, 0, 0, 0, 9},
    {JUMP, 0, 0, 0, 1},
    {HALT, 0, 0, 0, 0}};
/** The greatest and the least values of some entries before a key, backwards. */
static const Step backwards[] = {
    {LOAD, 4, 0, 0, 40},
    {SEEK, 2, 0, 2, 0},
    {PREVIOUS, 0, 0, 2, 8},
    {FILTER(NOT_ABOVE, OF_REGISTER, SKIP_BACK), 0, 7, 2, 0},
    {READ_VALUE, 5, 0, 2, 0},
    {MOST_OF, 8, 5, 0, 0},
    {LEAST_OF, 9, 5, 0, 0},
    {LOOP, 4, 0, 0, 2},
    {MIX, 8, 9, 0, 0},
    {HALT, 0, 0, 0, 0}};
static const Step updated[] = {
    {LOAD, 4, 0, 0, 12},
    {SEEK, 1, 0, 1, 0},
    {FILTER(OTHER, OF_REGISTER, SKIP_FORWARD), 0, 3, 1, 0},
    {READ_VALUE, 5, 0, 1, 0},
    {MULTIPLY, 5, 5, 7, 0},
    {ADD, 5, 5, 0, 0},
    {UPDATE, 5, 0, 1, 0},
    {MIX, 8, 5, 0, 0},
    {NEXT, 0, 0, 1, 9},
    {LOOP, 4, 0, 0, 2},
    {HALT, 0, 0, 0, 0}};
static const Step moved[] = {
    {LOAD, 4, 0, 0, 16},
    {SEEK, 1, 0, 0, 0},
    {READ_KEY, 5, 0, 0, 0},
    {READ_VALUE, 6, 0, 0, 0},
    {DELETE, 9, 5, 0, 0},
    {ADD, 5, 5, 3, 0},
    {INSERT, 9, 5, 6, 0},
    {ADD, 8, 8, 9, 0},
    {ADD, 1, 1, 7, 0},
    {LOOP, 4, 0, 0, 1},
    {HALT, 0, 0, 0, 0}};
static const Step *const queries[] = {sum_of_range, joined, backwards, updated, moved};
enum { QUERIES = 5, DRAWN = 24 };

static int32_t draw(uint32_t *state, uint32_t below) { return (int32_t)(xorshift32(state) % below); }
static void insert_drawn(uint32_t *state) {
  int32_t key = draw(state, 8192);
  insert(key, draw(state, 8192));
}
/** A query that adds up entries that each of the comparisons, drawn, lets through. */
static void draw_filters(Step *steps, uint32_t *state) {
  steps[0] = (Step){FIRST, 0, 0, 0, 0};
  steps[1] = (Step){SEEK, 1, 0, 1, 0};
  for (int i = 2; i < DRAWN - 1; i++) {
    uint32_t bits = xorshift32(state);
    int way = bits >> 20 & 3;
    if (way == GO) way = ADD_UP;
    steps[i] = (Step){(uint8_t)FILTER(bits % 6, bits / 8 % 3, way), 8, (uint8_t)(bits >> 12 & 3), (uint8_t)(bits >> 16 & 1), 20};
    // A cursor at its end begins anew.
    if (i % 4 == 3) steps[i] = (Step){SEEK, 1, 0, (uint8_t)(bits >> 16 & 1), 0};
  }
  steps[DRAWN - 1] = (Step){HALT, 0, 0, 0, 0};
}

RUN(int32_t) {
  uint32_t state = 521288629u, sum = 0;
  used_nodes = 1, free_node = 0, entries = 0, root = new_node(1);
  for (int i = 0; i < 1500; i++) insert_drawn(&state);
  for (int32_t round = 0; round < n; round++) {
    Step drawn[DRAWN];
    draw_filters(drawn, &state);
    for (int i = 0; i <= QUERIES; i++) {
      int32_t from = draw(&state, 8000), width = draw(&state, 600), value = draw(&state, 1000);
      int32_t registers[REGISTERS] = {round, from, from + width, value, 0, 0, 0, 129};
      sum = rotl32(sum, 7) + (uint32_t)query(i < QUERIES ? queries[i] : drawn, registers);
      sum ^= (uint32_t)registers[8];
    }
    // The tree keeps its size.
    for (int i = 0; i < 8; i++) delete(draw(&state, 8192));
    while (entries < 1400) insert_drawn(&state);
    sum = sum * 31 + (uint32_t)entries;
  }
  return (int32_t)sum;
}
