// Threads that end early: by pthread_exit deep in calls, by cancellation in a loop and in a wait, with cleanup handlers innermost first.
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static int trace;

static void note(void *digit) { trace = trace * 10 + *(int *)digit; }
static void release(void *unused) {
  (void)unused;
  pthread_mutex_unlock(&mutex);
}

static int deep(int level) {
  if (level == 0) pthread_exit((void *)5L);
  return deep(level - 1) + 1;
}
static void *leave(void *unused) {
  static int one = 1, two = 2;
  (void)unused;
  pthread_cleanup_push(note, &two);
  pthread_cleanup_push(note, &one);
  deep(20);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return 0;
}
static void *spin(void *unused) {
  (void)unused;
  for (;;) pthread_testcancel();
}
static void *wait_for_ever(void *unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(release, 0);
  for (;;) pthread_cond_wait(&never, &mutex);
  pthread_cleanup_pop(0);
  return 0;
}
static void *protected(void *unused) {
  (void)unused;
  int before;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  pthread_testcancel();
  return (void *)9L;
}

static long result_of(void *(*run)(void *), int cancel) {
  pthread_t thread;
  void *result;
  pthread_create(&thread, 0, run, 0);
  if (cancel) {
    pthread_cancel(thread);
    // A cancelled wait ends where it would be woken: here a broadcast does that.
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&never);
    pthread_mutex_unlock(&mutex);
  }
  pthread_join(thread, &result);
  return (long)result;
}

int main(void) {
  printf("left with %ld, handlers %d\n", result_of(leave, 0), trace);
  printf("spinning: %d\n", result_of(spin, 1) == (long)PTHREAD_CANCELED);
  printf("waiting: %d\n", result_of(wait_for_ever, 1) == (long)PTHREAD_CANCELED);
  printf("protected: %ld\n", result_of(protected, 0));
  printf("the mutex is free: %d\n", pthread_mutex_trylock(&mutex) == 0);
  return 0;
}
