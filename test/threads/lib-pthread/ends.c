// How threads end: by returning, by pthread_exit deep in calls, by cancellation while they spin or wait, detached; destructors of keys run each time.
#include "pthread.h"

static pthread_key_t first, second;
// Main has `own` all the time but where it waits.
static pthread_mutex_t own, shared;
static pthread_cond_t never;
static volatile int destroyed, begun;

static void note(void *value) { destroyed = destroyed * 10 + (int)value; }
// Sets a value anew, once: it is destroyed in the next round.
static void again(void *value) {
  note(value);
  if ((int)value < 5) pthread_setspecific(second, (void *)((int)value + 4));
}

static int deep(int level) {
  if (level == 0) {
    pthread_exit((void *)7);
    return 0;
  }
  return deep(level - 1) + 1;
}
static void *leave(void *argument) {
  pthread_setspecific(first, (void *)1);
  pthread_setspecific(second, (void *)2);
  if (argument) deep(20);
  return (void *)3;
}
static void *spin(void *argument) {
  pthread_setspecific(first, (void *)1);
  begun = 1;
  for (;;) destroyed = destroyed;
  return argument;
}
static void *wait_for_condition(void *argument) {
  pthread_setspecific(first, (void *)1);
  pthread_mutex_lock(&shared);
  begun = 1;
  pthread_cond_wait(&never, &shared);
  return argument;
}
static void *wait_for_mutex(void *argument) {
  pthread_setspecific(first, (void *)1);
  begun = 1;
  pthread_mutex_lock(&own);
  return argument;
}
static void *cancel_itself(void *argument) {
  pthread_setspecific(first, (void *)1);
  pthread_cancel(pthread_self());
  return spin(argument);
}

static int run(void *(*start)(void *), void *argument, int cancel) {
  pthread_t thread;
  void *result = (void *)99;
  destroyed = begun = 0;
  if (pthread_create(&thread, 0, start, argument) != 0) return -2;
  if (cancel) {
    // Time for it to come as far as it gets.
    pthread_cond_t nobody;
    pthread_cond_init(&nobody, 0);
    pthread_mutex_lock(&shared);
    while (!begun) pthread_cond_timedwait(&nobody, &shared, 2000);
    pthread_mutex_unlock(&shared);
    pthread_cond_destroy(&nobody);
    pthread_cancel(thread);
  }
  pthread_join(thread, &result);
  return (int)result;
}

int main(void) {
  pthread_key_create(&first, note);
  pthread_key_create(&second, again);
  pthread_mutex_init(&own, 0);
  pthread_mutex_init(&shared, 0);
  pthread_cond_init(&never, 0);
  pthread_mutex_lock(&own);
  int result = run(leave, 0, 0);
  printf("returned %d, destroyed %d\n", result, destroyed);
  result = run(leave, (void *)1, 0);
  printf("left with %d, destroyed %d\n", result, destroyed);
  result = run(spin, 0, 1);
  printf("spinning: %d, destroyed %d\n", result, destroyed);
  result = run(wait_for_condition, 0, 1);
  printf("waiting for a condition: %d, destroyed %d\n", result, destroyed);
  result = run(wait_for_mutex, 0, 1);
  printf("waiting for a mutex: %d, destroyed %d\n", result, destroyed);
  result = run(cancel_itself, 0, 0);
  printf("cancelled by itself: %d, destroyed %d\n", result, destroyed);
  printf("nobody has the mutexes: %d %d\n", pthread_mutex_unlock(&own), pthread_mutex_destroy(&own));
  pthread_t detached;
  pthread_create(&detached, 0, leave, 0);
  printf("detached: %d\n", pthread_detach(detached));
  pthread_exit((void *)1);
  printf("the first thread does not leave\n");
  return 0;
}
