// What each function says to a wrong use: the error numbers are WASI's.
#include "pthread.h"

static pthread_mutex_t mutex;
static pthread_cond_t cond;
static pthread_t main_waits_for;
// Threads that wait for the condition.
static volatile int waiting;

static void *nothing(void *argument) { return argument; }
static void *lock_and_unlock(void *argument) {
  (void)argument;
  printf("unlock by another: %d\n", pthread_mutex_unlock(&mutex));
  printf("wait without the mutex: %d\n", pthread_cond_wait(&cond, &mutex));
  printf("join itself: %d\n", pthread_join(pthread_self(), 0));
  return 0;
}
static void *wait(void *argument) {
  pthread_mutex_lock(&mutex);
  waiting++;
  pthread_cond_wait(&cond, &mutex);
  waiting--;
  pthread_mutex_unlock(&mutex);
  return argument;
}
static void *join_what_main_joins(void *argument) {
  (void)argument;
  printf("join what another joins: %d\n", pthread_join(main_waits_for, 0));
  printf("detach what another joins: %d\n", pthread_detach(main_waits_for));
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&cond);
  pthread_mutex_unlock(&mutex);
  return 0;
}
static void pause(void) {
  pthread_mutex_t own;
  pthread_cond_t nobody;
  pthread_mutex_init(&own, 0);
  pthread_cond_init(&nobody, 0);
  pthread_mutex_lock(&own);
  pthread_cond_timedwait(&nobody, &own, 1000);
  pthread_mutex_unlock(&own);
  pthread_cond_destroy(&nobody);
  pthread_mutex_destroy(&own);
}

// Until so many wait for the condition.
static void settle(int count) {
  for (;;) {
    pthread_mutex_lock(&mutex);
    int there = waiting;
    pthread_mutex_unlock(&mutex);
    if (there == count) return;
    pause();
  }
}

static void handles(void) {
  pthread_mutex_t none = 0, other = 12345;
  pthread_cond_t no_cond = mutex;
  printf("mutex 0, unknown, null: %d %d %d\n", pthread_mutex_lock(&none), pthread_mutex_lock(&other), pthread_mutex_lock(0));
  printf("unlock, destroy: %d %d\n", pthread_mutex_unlock(&other), pthread_mutex_destroy(&other));
  printf("init of nowhere: %d %d %d\n", pthread_mutex_init(0, 0), pthread_cond_init(0, 0), pthread_key_create(0, 0));
  printf("a mutex is no condition: %d %d %d %d\n", pthread_cond_signal(&no_cond), pthread_cond_broadcast(&no_cond),
         pthread_cond_wait(&no_cond, &mutex), pthread_cond_destroy(&no_cond));
  printf("nor a thread: %d %d %d\n", pthread_join(mutex, 0), pthread_detach(mutex), pthread_cancel(mutex));
}
static void mutexes(void) {
  printf("unlock what is free: %d\n", pthread_mutex_unlock(&mutex));
  pthread_mutex_lock(&mutex);
  printf("lock twice: %d\n", pthread_mutex_lock(&mutex));
  printf("destroy what is locked: %d\n", pthread_mutex_destroy(&mutex));
  printf("nobody signals: %d\n", pthread_cond_timedwait(&cond, &mutex, 1500));
  printf("still locked: %d\n", pthread_mutex_lock(&mutex));
  pthread_t thread;
  pthread_create(&thread, 0, lock_and_unlock, 0);
  pthread_join(thread, 0);
  pthread_mutex_unlock(&mutex);
}
static void threads(void) {
  pthread_t thread;
  void *result = 0;
  pthread_create(&thread, 0, nothing, (void *)8);
  int joined = pthread_join(thread, &result);
  printf("join: %d %d, again: %d, detach: %d, cancel: %d\n", joined, (int)result, pthread_join(thread, 0),
         pthread_detach(thread), pthread_cancel(thread));
  pthread_create(&thread, 0, nothing, 0);
  pause();
  printf("cancel what has ended: %d, result outside: %d, join: %d\n", pthread_cancel(thread),
         pthread_join(thread, (void **)0xfffffffe), pthread_join(thread, 0));
  pthread_create(&thread, 0, wait, 0);
  settle(1);
  int detached = pthread_detach(thread);
  printf("detach: %d, again: %d, join: %d\n", detached, pthread_detach(thread), pthread_join(thread, 0));
  printf("destroy what is waited for: %d\n", pthread_cond_destroy(&cond));
  pthread_mutex_lock(&mutex);
  pthread_cond_signal(&cond);
  pthread_mutex_unlock(&mutex);
  int ended;
  while ((ended = pthread_join(thread, 0)) == EINVAL) pause();
  printf("when it has ended: %d\n", ended);
  pthread_create(&main_waits_for, 0, wait, (void *)4);
  settle(1);
  pthread_t other;
  pthread_create(&other, 0, join_what_main_joins, 0);
  pthread_join(main_waits_for, &result);
  printf("joined by main: %d\n", (int)result);
  pthread_join(other, 0);
  printf("main joins itself: %d\n", pthread_join(pthread_self(), 0));
}
static void most(void) {
  pthread_t all[8];
  int count = 0, error = 0;
  while (count < 8 && (error = pthread_create(&all[count], 0, wait, 0)) == 0) count++;
  printf("%d threads, then %d\n", count, error);
  settle(count);
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&cond);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < count; i++) pthread_join(all[i], 0);
  pthread_key_t keys[40];
  count = 0;
  while (count < 40 && (error = pthread_key_create(&keys[count], 0)) == 0) count++;
  printf("%d keys, then %d\n", count, error);
  pthread_setspecific(keys[5], (void *)6);
  int before = (int)pthread_getspecific(keys[5]);
  int deleted = pthread_key_delete(keys[5]);
  printf("value %d, delete %d, again %d, set %d, get %d\n", before, deleted, pthread_key_delete(keys[5]),
         pthread_setspecific(keys[5], 0), (int)pthread_getspecific(keys[5]));
  pthread_key_create(&keys[5], 0);
  printf("made again, it has no value: %d\n", (int)pthread_getspecific(keys[5]));
  printf("keys out of range: %d %d\n", pthread_setspecific(32, 0), (int)pthread_getspecific(-1));
}
static void semaphores(void) {
  int value = -5;
  printf("not there: %d\n", sem_open("s", 0, 0, 0) == -1);
  sem_t one = sem_open("s", O_CREAT, 0600, 2), same = sem_open("s", O_CREAT, 0600, 9);
  printf("the same: %d, exclusive: %d\n", one == same, sem_open("s", O_CREAT | O_EXCL, 0600, 0));
  int got = sem_getvalue(one, &value);
  printf("value: %d %d, try: %d %d %d\n", got, value, sem_trywait(one), sem_trywait(one), sem_trywait(one));
  sem_post(one);
  printf("wait: %d, unlink: %d, again: %d\n", sem_wait(one), sem_unlink("s"), sem_unlink("s"));
  printf("post: %d, close: %d %d %d\n", sem_post(one), sem_close(one), sem_close(same), sem_close(one));
  printf("when it is closed: %d %d %d %d\n", sem_post(one), sem_wait(one), sem_trywait(one), sem_getvalue(one, &value));
  printf("wrong: %d %d\n", sem_open("", O_CREAT, 0, 0), sem_open("x", O_CREAT, 0, -1));
}
static void memory(void) {
  void *block = 0;
  int made = posix_memalign(&block, 256, 100);
  printf("aligned: %d %d, free it\n", made, (unsigned)block % 256);
  free(block);
  printf("wrong: %d %d %d, too much: %d\n", posix_memalign(&block, 3, 8), posix_memalign(&block, 2, 8), posix_memalign(0, 8, 8),
         posix_memalign(&block, 8, 1 << 30));
}

int main(void) {
  pthread_mutex_init(&mutex, 0);
  pthread_cond_init(&cond, 0);
  printf("main is %d %d\n", pthread_self(), __pthread_self());
  handles();
  mutexes();
  threads();
  most();
  semaphores();
  memory();
  return 0;
}
