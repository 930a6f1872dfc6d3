// A small Lisp: numbers, symbols, lists, closures, tail calls, a mark-and-sweep collector.
// The includer defines LISP_FAIL(message), which does not return, and LISP_PUT(byte), where printed text goes.
// Forms: quote if define set! lambda begin let cond and or. Numbers are 31 bits and wrap around.
#ifndef SAMPLES_LISP_H
#define SAMPLES_LISP_H

#include <stdint.h>
#include <string.h>

// A number is 2n + 1, anything else is twice the index of a cell; cell 0 is the empty list.
typedef int32_t Val;
enum Kind { FREE, CONS, SYMBOL, PRIMITIVE, CLOSURE };
enum { CELLS = 1 << 15, ROOTS = 1 << 13, TEXT = 1 << 14, NIL = 0 };

typedef struct {
  uint8_t kind, marked;
  Val a, b; // cons: car, cdr; symbol: offset of its name, global value; closure: (parameters . body), environment
} Cell;

static Cell cells[CELLS];
static Val roots[ROOTS]; // what evaluation holds while a collection may run
static int root_top, collections;
static Val free_list, symbols;
static char names[TEXT];
static int names_top;
static Val sym_quote, sym_if, sym_define, sym_set, sym_lambda, sym_begin, sym_let, sym_cond, sym_and, sym_or, sym_true;

static inline int is_number(Val v) { return v & 1; }
static inline int32_t number(Val v) { return v >> 1; }
static inline Val from_number(int32_t n) { return (Val)((uint32_t)n << 1 | 1); }
static inline Cell *cell(Val v) { return &cells[v >> 1]; }
static inline int is_kind(Val v, enum Kind kind) { return !is_number(v) && cell(v)->kind == kind; }

static Val car(Val v) {
  if (!is_kind(v, CONS)) LISP_FAIL("car of something that is no pair");
  return cell(v)->a;
}
static Val cdr(Val v) {
  if (!is_kind(v, CONS)) LISP_FAIL("cdr of something that is no pair");
  return cell(v)->b;
}

static void push(Val v) {
  if (root_top == ROOTS) LISP_FAIL("too deep");
  roots[root_top++] = v;
}

// An explicit stack: data may nest deeper than calls can. A cell is pushed once at most, when it is marked.
static void mark(Val v) {
  static Val pending[CELLS];
  int top = 0;
  for (;;) {
    if (!is_number(v) && v != NIL && !cell(v)->marked) {
      Cell *c = cell(v);
      c->marked = 1;
      if (c->kind == CONS || c->kind == CLOSURE) pending[top++] = c->a;
      v = c->b;
    } else if (top > 0) {
      v = pending[--top];
    } else {
      return;
    }
  }
}

static void collect(void) {
  for (Val s = symbols; s != NIL; s = cell(s)->b) mark(s);
  for (int i = 0; i < root_top; i++) mark(roots[i]);
  free_list = NIL;
  for (int i = CELLS - 1; i > 0; i--) {
    if (cells[i].marked) {
      cells[i].marked = 0;
      continue;
    }
    cells[i].kind = FREE;
    cells[i].b = free_list;
    free_list = i * 2;
  }
  collections++;
  if (free_list == NIL) LISP_FAIL("out of memory");
}

// a and b survive a collection here; whatever else the caller holds must be on the root stack.
static Val make(enum Kind kind, Val a, Val b) {
  if (free_list == NIL) {
    push(kind == CONS || kind == CLOSURE ? a : NIL);
    push(b);
    collect();
    root_top -= 2;
  }
  Val v = free_list;
  Cell *c = cell(v);
  free_list = c->b;
  c->kind = (uint8_t)kind;
  c->a = a;
  c->b = b;
  return v;
}

static Val intern(const char *text, int length) {
  for (Val s = symbols; s != NIL; s = cell(s)->b) {
    const char *name = names + cell(car(s))->a;
    if (strncmp(name, text, (size_t)length) == 0 && name[length] == 0) return car(s);
  }
  if (names_top + length + 1 > TEXT) LISP_FAIL("too many symbols");
  memcpy(names + names_top, text, (size_t)length);
  Val symbol = make(SYMBOL, names_top, NIL);
  names_top += length + 1;
  symbols = make(CONS, symbol, symbols);
  return symbol;
}

// ---- reading ----

static const char *input;

static int next_token(void) {
  for (;; input++) {
    if (*input == ';') while (*input && *input != '\n') input++;
    if (*input == 0 || *input > ' ') return *input;
  }
}

static Val read_form(void) {
  int c = next_token();
  if (c == 0) LISP_FAIL("a form is not closed");
  if (c == ')') LISP_FAIL("one ) too many");
  if (c == '\'') {
    input++;
    Val form = make(CONS, read_form(), NIL);
    return make(CONS, sym_quote, form);
  }
  if (c == '(') {
    input++;
    int base = root_top; // the list so far (last cell) and its head stay reachable
    push(NIL);
    push(NIL);
    while (next_token() != ')') {
      Val item = read_form();
      Val last = make(CONS, item, NIL);
      if (roots[base] == NIL) roots[base] = last;
      else cell(roots[base + 1])->b = last;
      roots[base + 1] = last;
    }
    input++;
    root_top = base;
    return roots[base];
  }
  const char *start = input;
  while (*input > ' ' && !strchr("()';", *input)) input++;
  int length = (int)(input - start), negative = start[0] == '-' && length > 1, digits = length > negative;
  int32_t n = 0;
  for (int i = negative; i < length; i++) {
    if (start[i] < '0' || start[i] > '9') digits = 0;
    n = (int32_t)((uint32_t)n * 10 + (uint32_t)(start[i] - '0'));
  }
  return digits ? from_number(negative ? -n : n) : intern(start, length);
}

// ---- printing ----

static void print_text(const char *text) {
  while (*text) LISP_PUT(*text++);
}

static void print(Val v) {
  if (is_number(v)) {
    char digits[12];
    int at = 11;
    int64_t n = number(v);
    digits[at] = 0;
    for (uint64_t rest = (uint64_t)(n < 0 ? -n : n); at == 11 || rest > 0; rest /= 10) digits[--at] = (char)('0' + rest % 10);
    if (n < 0) LISP_PUT('-');
    print_text(digits + at);
  } else if (is_kind(v, SYMBOL)) {
    print_text(names + cell(v)->a);
  } else if (v == NIL || is_kind(v, CONS)) {
    LISP_PUT('(');
    for (const char *gap = ""; is_kind(v, CONS); v = cell(v)->b, gap = " ") {
      print_text(gap);
      print(cell(v)->a);
    }
    if (v != NIL) {
      print_text(" . ");
      print(v);
    }
    LISP_PUT(')');
  } else {
    print_text(is_kind(v, CLOSURE) ? "<closure>" : "<primitive>");
  }
}

// ---- primitives ----

enum { ADD, SUB, MUL, QUO, REM, LESS, EQUAL, CONS_OP, CAR, CDR, NULL_OP, PAIR, NOT, PRINT, XOR };
static const char *const primitive_names[] = {"+",    "-",   "*",   "quotient", "remainder", "<",   "=",    "cons",
                                              "car", "cdr", "null?", "pair?",    "not",       "print", "xor"};

static int32_t number_of(Val v) {
  if (!is_number(v)) LISP_FAIL("a number is expected");
  return number(v);
}

static Val truth(int yes) { return yes ? sym_true : NIL; }

static Val apply_primitive(int op, const Val *args, int count) {
  int wanted = op <= CONS_OP || op == XOR ? 2 : 1;
  if (count != wanted) LISP_FAIL("a primitive with the wrong number of arguments");
  if (op == EQUAL) return truth(args[0] == args[1]);
  if (op == CONS_OP) return make(CONS, args[0], args[1]);
  if (wanted == 2) {
    int32_t a = number_of(args[0]), b = number_of(args[1]);
    if ((op == QUO || op == REM) && b == 0) LISP_FAIL("division by zero");
    switch (op) {
      case ADD: return from_number((int32_t)((uint32_t)a + (uint32_t)b));
      case SUB: return from_number((int32_t)((uint32_t)a - (uint32_t)b));
      case MUL: return from_number((int32_t)((uint32_t)a * (uint32_t)b));
      case QUO: return from_number(a / b);
      case REM: return from_number(a % b);
      case XOR: return from_number(a ^ b);
      default: return truth(a < b);
    }
  }
  switch (op) {
    case CAR: return car(args[0]);
    case CDR: return cdr(args[0]);
    case NULL_OP:
    case NOT: return truth(args[0] == NIL);
    case PAIR: return truth(is_kind(args[0], CONS));
    default:
      print(args[0]);
      LISP_PUT('\n');
      return args[0];
  }
}

// ---- evaluation ----

static Val symbol_of(Val v) {
  if (!is_kind(v, SYMBOL)) LISP_FAIL("a symbol is expected");
  return v;
}

static Val *lookup(Val symbol, Val env) {
  for (; env != NIL; env = cell(env)->b) {
    Cell *binding = cell(cell(env)->a);
    if (binding->a == symbol) return &binding->b;
  }
  return &cell(symbol)->b;
}

static Val eval(Val form, Val env);

// Binds parameters to the arguments on the root stack from `first` on, in front of `env`.
static Val bind(Val parameters, int first, Val env) {
  push(env);
  int slot = root_top - 1, next = first;
  for (; parameters != NIL; parameters = cdr(parameters), next++) {
    if (next == slot) LISP_FAIL("too few arguments");
    Val pair = make(CONS, car(parameters), roots[next]);
    roots[slot] = make(CONS, pair, roots[slot]);
  }
  if (next < slot) LISP_FAIL("too many arguments");
  return roots[--root_top];
}

static Val eval_let(Val form, Val env) { // ((name value) ...): the new environment
  push(env);
  int slot = root_top - 1;
  for (Val b = car(cdr(form)); b != NIL; b = cdr(b)) {
    Val value = eval(car(cdr(car(b))), env);
    Val pair = make(CONS, car(car(b)), value);
    roots[slot] = make(CONS, pair, roots[slot]);
  }
  return roots[--root_top];
}

// One step of a list form: returns 1 with *result set, or 0 with *form and *env set to what is evaluated in its place.
static int eval_step(Val *form, Val *env, Val *result) {
  Val head = cell(*form)->a, rest = cell(*form)->b;
  if (head == sym_quote) return *result = car(rest), 1;
  if (head == sym_if) {
    rest = eval(car(rest), *env) != NIL ? cdr(rest) : cdr(cdr(rest));
    return rest == NIL ? (*result = NIL, 1) : (*form = car(rest), 0);
  }
  if (head == sym_define) return *result = cell(symbol_of(car(rest)))->b = eval(car(cdr(rest)), *env), 1;
  if (head == sym_set) {
    Val value = eval(car(cdr(rest)), *env);
    return *result = *lookup(symbol_of(car(rest)), *env) = value, 1;
  }
  if (head == sym_lambda) return *result = make(CLOSURE, rest, *env), 1;
  if (head == sym_cond) {
    for (; rest != NIL; rest = cdr(rest)) {
      if (eval(car(car(rest)), *env) != NIL) return *form = car(cdr(car(rest))), 0;
    }
    return *result = NIL, 1;
  }
  if (head == sym_and || head == sym_or) {
    if (rest == NIL) return *result = truth(head == sym_and), 1;
    for (; cdr(rest) != NIL; rest = cdr(rest)) {
      *result = eval(car(rest), *env);
      if ((*result != NIL) == (head == sym_or)) return 1;
    }
    return *form = car(rest), 0;
  }
  if (head == sym_begin || head == sym_let) {
    if (head == sym_let) {
      *env = eval_let(*form, *env);
      push(*env); // until the body's last form, which eval's loop protects itself
      rest = cdr(rest);
    }
    for (; cdr(rest) != NIL; rest = cdr(rest)) eval(car(rest), *env);
    if (head == sym_let) root_top--;
    return *form = car(rest), 0;
  }
  int closure_base = root_top;
  push(eval(head, *env));
  for (; rest != NIL; rest = cdr(rest)) push(eval(car(rest), *env));
  Val function = roots[closure_base];
  int count = root_top - closure_base - 1;
  if (is_kind(function, PRIMITIVE)) {
    *result = apply_primitive(cell(function)->a, roots + closure_base + 1, count);
    root_top = closure_base;
    return 1;
  }
  if (!is_kind(function, CLOSURE)) LISP_FAIL("a call of something that is no function");
  Val code = cell(function)->a;
  *env = bind(car(code), closure_base + 1, cell(function)->b);
  roots[closure_base] = *env;
  push(function);
  for (code = cdr(code); cdr(code) != NIL; code = cdr(code)) eval(car(code), *env);
  *form = car(code);
  root_top = closure_base;
  return 0;
}

static Val eval(Val form, Val env) {
  int base = root_top;
  push(form);
  push(env);
  Val result = NIL;
  for (;;) {
    if (is_kind(form, SYMBOL)) result = *lookup(form, env);
    else if (!is_kind(form, CONS)) result = form;
    else if (!eval_step(&form, &env, &result)) {
      roots[base] = form;
      roots[base + 1] = env;
      continue;
    }
    root_top = base;
    return result;
  }
}

// Starts afresh: the same program gives the same result every time.
static void lisp_reset(void) {
  memset(cells, 0, sizeof cells);
  memset(names, 0, sizeof names);
  root_top = names_top = collections = 0;
  symbols = NIL;
  collect();
  collections = 0;
  sym_quote = intern("quote", 5), sym_if = intern("if", 2), sym_define = intern("define", 6);
  sym_set = intern("set!", 4), sym_lambda = intern("lambda", 6), sym_begin = intern("begin", 5);
  sym_let = intern("let", 3), sym_cond = intern("cond", 4), sym_and = intern("and", 3), sym_or = intern("or", 2);
  sym_true = intern("t", 1);
  cell(sym_true)->b = sym_true;
  for (int op = ADD; op <= XOR; op++) {
    Val symbol = intern(primitive_names[op], (int)strlen(primitive_names[op]));
    cell(symbol)->b = make(PRIMITIVE, op, NIL);
  }
}

// Evaluates every form of the text; the value of the last one.
static Val lisp_run(const char *text) {
  Val last = NIL;
  input = text;
  while (next_token()) {
    push(read_form());
    last = eval(roots[root_top - 1], NIL);
    root_top--;
  }
  return last;
}

#endif
