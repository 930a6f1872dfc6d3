// POSIX threads for programs compiled with a libc that has none: what samples/threads and test/threads use, no more.
// Found before the system's header of this name; natively the system's is used.
#ifndef PTHREAD_H
#define PTHREAD_H
#include <time.h>

typedef struct thread *pthread_t;
typedef struct {
  int unused;
} pthread_attr_t;
typedef struct {
  int type;
} pthread_mutexattr_t;
typedef struct {
  int unused;
} pthread_condattr_t, pthread_rwlockattr_t, pthread_barrierattr_t;
typedef struct {
  int state, type, depth;
  pthread_t owner;
} pthread_mutex_t;
typedef struct {
  int sequence;
} pthread_cond_t;
typedef struct {
  int state; // readers, or -1: a writer
} pthread_rwlock_t;
typedef struct {
  int count, arrived, round;
} pthread_barrier_t;
typedef int pthread_once_t;
typedef unsigned pthread_key_t;

struct cleanup {
  void (*routine)(void *);
  void *argument;
  struct cleanup *outer;
};

#define PTHREAD_MUTEX_INITIALIZER {0, 0, 0, 0}
#define PTHREAD_COND_INITIALIZER {0}
#define PTHREAD_RWLOCK_INITIALIZER {0}
#define PTHREAD_ONCE_INIT 0
#define PTHREAD_MUTEX_NORMAL 0
#define PTHREAD_MUTEX_RECURSIVE 1
#define PTHREAD_BARRIER_SERIAL_THREAD (-1)
#define PTHREAD_CANCELED ((void *)-1)
#define PTHREAD_CANCEL_ENABLE 0
#define PTHREAD_CANCEL_DISABLE 1

int pthread_create(pthread_t *thread, const pthread_attr_t *, void *(*start)(void *), void *argument);
int pthread_join(pthread_t, void **result);
int pthread_detach(pthread_t);
pthread_t pthread_self(void);
int pthread_equal(pthread_t, pthread_t);
_Noreturn void pthread_exit(void *result);

int pthread_mutexattr_init(pthread_mutexattr_t *);
int pthread_mutexattr_settype(pthread_mutexattr_t *, int type);
int pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int pthread_mutex_lock(pthread_mutex_t *);
int pthread_mutex_trylock(pthread_mutex_t *);
int pthread_mutex_unlock(pthread_mutex_t *);
int pthread_mutex_destroy(pthread_mutex_t *);

int pthread_cond_init(pthread_cond_t *, const pthread_condattr_t *);
int pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *, const struct timespec *until);
int pthread_cond_signal(pthread_cond_t *);
int pthread_cond_broadcast(pthread_cond_t *);
int pthread_cond_destroy(pthread_cond_t *);

int pthread_rwlock_init(pthread_rwlock_t *, const pthread_rwlockattr_t *);
int pthread_rwlock_rdlock(pthread_rwlock_t *);
int pthread_rwlock_wrlock(pthread_rwlock_t *);
int pthread_rwlock_unlock(pthread_rwlock_t *);
int pthread_rwlock_destroy(pthread_rwlock_t *);

int pthread_barrier_init(pthread_barrier_t *, const pthread_barrierattr_t *, unsigned count);
int pthread_barrier_wait(pthread_barrier_t *);
int pthread_barrier_destroy(pthread_barrier_t *);

int pthread_once(pthread_once_t *, void (*routine)(void));

int pthread_key_create(pthread_key_t *, void (*destructor)(void *));
int pthread_key_delete(pthread_key_t);
int pthread_setspecific(pthread_key_t, const void *value);
void *pthread_getspecific(pthread_key_t);

int pthread_cancel(pthread_t);
void pthread_testcancel(void);
int pthread_setcancelstate(int state, int *before);
void cleanup_push(struct cleanup *);
void cleanup_pop(struct cleanup *, int execute);
#define pthread_cleanup_push(f, a)            \
  do {                                        \
    struct cleanup cleanup_here = {f, a, 0};  \
    cleanup_push(&cleanup_here)
#define pthread_cleanup_pop(execute)          \
    cleanup_pop(&cleanup_here, execute);      \
  } while (0)
#endif
