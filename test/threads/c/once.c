// pthread_once, a recursive mutex, trylock, a wait with a timeout, and pthread_self.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int made;
static pthread_mutex_t recursive;
static int depth;

static void make(void) {
  for (volatile int k = 0; k < 5000; k++) continue;
  made++;
}
static void *run(void *argument) {
  pthread_once(&once, make);
  for (int i = 0; i < 3; i++) {
    pthread_mutex_lock(&recursive);
    depth++;
  }
  for (int i = 0; i < 3; i++) pthread_mutex_unlock(&recursive);
  *(pthread_t *)argument = pthread_self();
  return (void *)(long)made;
}

int main(void) {
  pthread_t threads[3], selves[3];
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&recursive, &attr);
  int sum = 0, same = 0;
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, run, &selves[i]);
  for (int i = 0; i < 3; i++) {
    void *result;
    pthread_t thread = threads[i];
    pthread_join(thread, &result);
    sum += (long)result;
    same += pthread_equal(thread, selves[i]) != 0;
  }
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&mutex);
  int late = pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT;
  printf("made %d, sum %d, depth %d, same %d, busy %d, late %d\n", made, sum, depth, same,
         pthread_mutex_trylock(&mutex) == EBUSY, late);
  return 0;
}
