// POSIX threads over wasi-threads, for a libc that was compiled without threads: its printf and its malloc are wrapped in a lock here, other
// functions of it that keep state must not be called by two threads at once. Locks sleep in memory.atomic.wait32. A thread that leaves early
// (pthread_exit, cancellation) throws, and wasi_thread_start catches.
#include "pthread.h"
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (64 * 1024)
#define KEYS 16
#define DESTRUCTOR_ROUNDS 4

struct thread {
  char *stack; // the top: wasi_thread_start reads this word and the next
  void *tls;
  char *block;
  void *(*start)(void *);
  void *argument, *result;
  int done, detached, cancelled, uncancellable;
  struct cleanup *cleanups;
  const void *values[KEYS];
};

static struct thread first;
static __thread struct thread *self;

// ---- words that threads wait for ----

static void wait_while(int *word, int value, int64_t nanoseconds) { __builtin_wasm_memory_atomic_wait32(word, value, nanoseconds); }
static void wake(int *word, unsigned count) { __builtin_wasm_memory_atomic_notify(word, count); }
#define ALL 0xffffffffu
#define LOAD(word) __atomic_load_n(word, __ATOMIC_SEQ_CST)
#define STORE(word, value) __atomic_store_n(word, value, __ATOMIC_SEQ_CST)
static int exchange(int *word, int expected, int value) {
  return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// A lock is 0 when free, 1 when held, 2 when held and waited for.
static void lock(int *word) {
  if (exchange(word, 0, 1)) return;
  while (__atomic_exchange_n(word, 2, __ATOMIC_SEQ_CST) != 0) wait_while(word, 2, -1);
}
static void unlock(int *word) {
  if (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) == 2) wake(word, 1);
}

// ---- the libc ----

// The linker lets every exported function end as a program does: its exit handlers run, and what the libc has kept is written. Of threads, only the
// first may do that.
int thread_is_first(void);
void __real___funcs_on_exit(void);
void __wrap___funcs_on_exit(void) {
  if (thread_is_first()) __real___funcs_on_exit();
}
void __real___stdio_exit(void);
void __wrap___stdio_exit(void) {
  if (thread_is_first()) __real___stdio_exit();
}

static int heap_lock, output_lock;
void *__real_malloc(size_t);
void __real_free(void *);
void *__wrap_malloc(size_t bytes) {
  lock(&heap_lock);
  void *block = __real_malloc(bytes);
  unlock(&heap_lock);
  return block;
}
void __wrap_free(void *block) {
  lock(&heap_lock);
  __real_free(block);
  unlock(&heap_lock);
}
int __wrap_printf(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lock(&output_lock);
  int count = vprintf(format, arguments);
  unlock(&output_lock);
  va_end(arguments);
  return count;
}

// ---- threads ----

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(struct thread *);
void thread_run(int id, struct thread *);
void thread_over(struct thread *);
_Noreturn void thread_leave(void);
void __wasm_init_tls(void *);

// Sets the stack and the thread-local storage, then runs thread_run; the exception of thread_leave ends it early. The notification is the very
// last: after it the thread touches nothing, neither stack nor storage, which the joiner frees.
__asm__(
    ".globaltype __stack_pointer, i32\n"
    ".globaltype __is_spawned, i32\n"
    "__is_spawned:\n"
    ".tagtype __leave_thread i32\n"
    ".functype thread_run (i32, i32) -> ()\n"
    ".functype __wasm_init_tls (i32) -> ()\n"
    ".globl __leave_thread\n"
    "__leave_thread:\n"
    ".section .text.wasi_thread_start,\"\",@\n"
    ".globl wasi_thread_start\n"
    ".type wasi_thread_start,@function\n"
    ".export_name wasi_thread_start, wasi_thread_start\n"
    "wasi_thread_start:\n"
    "  .functype wasi_thread_start (i32, i32) -> ()\n"
    "  i32.const 1\n"
    "  global.set __is_spawned\n"
    "  local.get 1\n"
    "  i32.load 0\n"
    "  global.set __stack_pointer\n"
    "  local.get 1\n"
    "  i32.load 4\n"
    "  call __wasm_init_tls\n"
    "  try\n"
    "  local.get 0\n"
    "  local.get 1\n"
    "  call thread_run\n"
    "  catch __leave_thread\n"
    "  drop\n"
    "  end_try\n"
    "  local.get 1\n"
    "  i32.const 1\n"
    "  i32.atomic.store 24\n"
    "  local.get 1\n"
    "  i32.const -1\n"
    "  memory.atomic.notify 24\n"
    "  drop\n"
    "  end_function\n"
    ".section .text.thread_is_first,\"\",@\n"
    ".globl thread_is_first\n"
    ".type thread_is_first,@function\n"
    "thread_is_first:\n"
    "  .functype thread_is_first () -> (i32)\n"
    "  global.get __is_spawned\n"
    "  i32.eqz\n"
    "  end_function\n"
    ".section .text.thread_leave,\"\",@\n"
    ".globl thread_leave\n"
    ".type thread_leave,@function\n"
    "thread_leave:\n"
    "  .functype thread_leave () -> ()\n"
    "  i32.const 0\n"
    "  throw __leave_thread\n"
    "  end_function\n");
_Static_assert(__builtin_offsetof(struct thread, done) == 24, "wasi_thread_start stores there");

static void (*destructors[KEYS])(void *);
static int key_used[KEYS];

static void run_destructors(void) {
  for (int round = 0; round < DESTRUCTOR_ROUNDS; round++) {
    int again = 0;
    for (int key = 0; key < KEYS; key++) {
      void *value = (void *)self->values[key];
      self->values[key] = 0;
      if (!value || !destructors[key]) continue;
      destructors[key](value);
      again = 1;
    }
    if (!again) return;
  }
}

__attribute__((export_name("__thread_run"))) void thread_run(int id, struct thread *thread) {
  (void)id;
  self = thread;
  pthread_exit(thread->start(thread->argument));
}

_Noreturn void pthread_exit(void *result) {
  struct thread *me = pthread_self();
  me->uncancellable = 1;
  me->result = result;
  while (me->cleanups) cleanup_pop(me->cleanups, 1);
  run_destructors();
  thread_leave();
}

pthread_t pthread_self(void) { return self ? self : (self = &first); }
int pthread_equal(pthread_t a, pthread_t b) { return a == b; }

int pthread_create(pthread_t *made, const pthread_attr_t *attr, void *(*start)(void *), void *argument) {
  (void)attr;
  size_t align = __builtin_wasm_tls_align(), tls = __builtin_wasm_tls_size() + align;
  char *block = malloc(sizeof(struct thread) + tls + STACK_BYTES + 16);
  if (!block) return EAGAIN;
  struct thread *thread = (struct thread *)block;
  memset(thread, 0, sizeof *thread);
  thread->block = block;
  thread->tls = (void *)(((uintptr_t)(block + sizeof *thread) + align - 1) & -align);
  thread->stack = (char *)((uintptr_t)(block + sizeof *thread + tls + STACK_BYTES + 15) & -16);
  thread->start = start;
  thread->argument = argument;
  *made = thread;
  if (thread_spawn(thread) > 0) return 0;
  free(block);
  return EAGAIN;
}
int pthread_join(pthread_t thread, void **result) {
  if (thread == pthread_self()) return EDEADLK;
  while (!LOAD(&thread->done)) {
    pthread_testcancel();
    wait_while(&thread->done, 0, -1);
  }
  if (result) *result = thread->result;
  if (thread->block) free(thread->block);
  return 0;
}
// The block of a detached thread is not given back: nobody knows when it has left its stack.
int pthread_detach(pthread_t thread) {
  thread->detached = 1;
  return 0;
}

// ---- mutexes and conditions ----

int pthread_mutexattr_init(pthread_mutexattr_t *attr) {
  attr->type = PTHREAD_MUTEX_NORMAL;
  return 0;
}
int pthread_mutexattr_settype(pthread_mutexattr_t *attr, int type) {
  attr->type = type;
  return 0;
}
int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr) {
  memset(mutex, 0, sizeof *mutex);
  if (attr) mutex->type = attr->type;
  return 0;
}
int pthread_mutex_lock(pthread_mutex_t *mutex) {
  if (mutex->type == PTHREAD_MUTEX_RECURSIVE && mutex->owner == pthread_self()) {
    mutex->depth++;
    return 0;
  }
  lock(&mutex->state);
  mutex->owner = pthread_self();
  return 0;
}
int pthread_mutex_trylock(pthread_mutex_t *mutex) {
  if (mutex->type == PTHREAD_MUTEX_RECURSIVE && mutex->owner == pthread_self()) return pthread_mutex_lock(mutex);
  if (!exchange(&mutex->state, 0, 1)) return EBUSY;
  mutex->owner = pthread_self();
  return 0;
}
int pthread_mutex_unlock(pthread_mutex_t *mutex) {
  if (mutex->depth > 0) {
    mutex->depth--;
    return 0;
  }
  mutex->owner = 0;
  unlock(&mutex->state);
  return 0;
}
int pthread_mutex_destroy(pthread_mutex_t *mutex) {
  (void)mutex;
  return 0;
}

int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr) {
  (void)attr;
  cond->sequence = 0;
  return 0;
}
static int wait_for_signal(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t nanoseconds) {
  pthread_testcancel();
  int sequence = LOAD(&cond->sequence);
  pthread_mutex_unlock(mutex);
  int outcome = __builtin_wasm_memory_atomic_wait32(&cond->sequence, sequence, nanoseconds);
  pthread_mutex_lock(mutex);
  pthread_testcancel();
  return outcome == 2 ? ETIMEDOUT : 0;
}
int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) { return wait_for_signal(cond, mutex, -1); }
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t left = (int64_t)(until->tv_sec - now.tv_sec) * 1000000000 + (until->tv_nsec - now.tv_nsec);
  return left <= 0 ? ETIMEDOUT : wait_for_signal(cond, mutex, left);
}
static int signal_some(pthread_cond_t *cond, unsigned count) {
  __atomic_fetch_add(&cond->sequence, 1, __ATOMIC_SEQ_CST);
  wake(&cond->sequence, count);
  return 0;
}
int pthread_cond_signal(pthread_cond_t *cond) { return signal_some(cond, 1); }
int pthread_cond_broadcast(pthread_cond_t *cond) { return signal_some(cond, ALL); }
int pthread_cond_destroy(pthread_cond_t *cond) {
  (void)cond;
  return 0;
}

// ---- read-write locks, barriers, once ----

int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attr) {
  (void)attr;
  lock->state = 0;
  return 0;
}
int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
  for (;;) {
    int state = LOAD(&lock->state);
    if (state < 0) wait_while(&lock->state, state, -1);
    else if (exchange(&lock->state, state, state + 1)) return 0;
  }
}
int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
  for (;;) {
    int state = LOAD(&lock->state);
    if (state != 0) wait_while(&lock->state, state, -1);
    else if (exchange(&lock->state, 0, -1)) return 0;
  }
}
int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
  if (LOAD(&lock->state) < 0) STORE(&lock->state, 0);
  else if (__atomic_sub_fetch(&lock->state, 1, __ATOMIC_SEQ_CST) > 0) return 0;
  wake(&lock->state, ALL);
  return 0;
}
int pthread_rwlock_destroy(pthread_rwlock_t *lock) {
  (void)lock;
  return 0;
}

int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attr, unsigned count) {
  (void)attr;
  barrier->count = count;
  barrier->arrived = barrier->round = 0;
  return 0;
}
int pthread_barrier_wait(pthread_barrier_t *barrier) {
  int round = LOAD(&barrier->round);
  if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_SEQ_CST) == barrier->count) {
    STORE(&barrier->arrived, 0);
    STORE(&barrier->round, round + 1);
    wake(&barrier->round, ALL);
    return PTHREAD_BARRIER_SERIAL_THREAD;
  }
  while (LOAD(&barrier->round) == round) wait_while(&barrier->round, round, -1);
  return 0;
}
int pthread_barrier_destroy(pthread_barrier_t *barrier) {
  (void)barrier;
  return 0;
}

// 0: not yet, 1: somebody is at it, 2: done.
int pthread_once(pthread_once_t *once, void (*routine)(void)) {
  if (exchange(once, 0, 1)) {
    routine();
    STORE(once, 2);
    wake(once, ALL);
  }
  while (LOAD(once) != 2) wait_while(once, 1, -1);
  return 0;
}

// ---- thread-specific values ----

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
  for (unsigned k = 0; k < KEYS; k++) {
    if (!exchange(&key_used[k], 0, 1)) continue;
    destructors[k] = destructor;
    *key = k;
    return 0;
  }
  return EAGAIN;
}
int pthread_key_delete(pthread_key_t key) {
  destructors[key] = 0;
  STORE(&key_used[key], 0);
  return 0;
}
int pthread_setspecific(pthread_key_t key, const void *value) {
  pthread_self()->values[key] = value;
  return 0;
}
void *pthread_getspecific(pthread_key_t key) { return (void *)pthread_self()->values[key]; }

// ---- cancellation: at pthread_testcancel and after a wait ----

int pthread_cancel(pthread_t thread) {
  STORE(&thread->cancelled, 1);
  return 0;
}
void pthread_testcancel(void) {
  struct thread *me = pthread_self();
  if (LOAD(&me->cancelled) && !me->uncancellable) pthread_exit(PTHREAD_CANCELED);
}
int pthread_setcancelstate(int state, int *before) {
  struct thread *me = pthread_self();
  if (before) *before = me->uncancellable;
  me->uncancellable = state;
  return 0;
}
void cleanup_push(struct cleanup *cleanup) {
  struct thread *me = pthread_self();
  cleanup->outer = me->cleanups;
  me->cleanups = cleanup;
}
void cleanup_pop(struct cleanup *cleanup, int execute) {
  pthread_self()->cleanups = cleanup->outer;
  if (execute) cleanup->routine(cleanup->argument);
}
